import { dirname } from "node:path";
import type { ForwardOptions } from "./compose.ts";
import { deviceOf, readPlatform } from "./platform/files.ts";
import { PlatformWatch } from "./platform/watch.ts";
import type { Outbox } from "./ports.ts";

/** Watches the machine under the outbox; what changes goes into the outbox as events. */
export function watchOf(
  outbox: Outbox,
  {
    outboxFile,
    clock,
    log,
    platformRoot = "/",
  }: Pick<ForwardOptions, "outboxFile" | "clock" | "log" | "platformRoot">,
): PlatformWatch {
  const place = { root: platformRoot, device: deviceOf(dirname(outboxFile)) };
  return new PlatformWatch({
    clock,
    log,
    read: () => readPlatform(place),
    storage: () => outbox.trouble(),
    declare(events) {
      const atMs = clock.realtime();
      outbox.append(
        events.map((event) => ({ type: "event", source: null, atMs, event })),
        atMs,
      );
    },
  });
}
