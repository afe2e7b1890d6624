import { dirname } from "node:path";
import { TelpostError } from "../base/errors.ts";
import { makeFolder } from "../base/folder.ts";
import { systemRandom } from "../base/random.ts";
import type { Config } from "../config/schema.ts";
import type { Identity } from "../contract/topics.ts";
import type { ForwardOptions } from "./compose.ts";
import { MOST_REMEMBERED, type ToldWindows, WindowDiary } from "./diary.ts";
import { openOutbox } from "./outbox/outbox.ts";
import type { Quota } from "./outbox/quota.ts";
import type { Outbox, WalkCounter } from "./ports.ts";

/** Opens this gateway's outbox, and the diary of what passes through it; `windows` tells it. */
export function openOutboxOf(
  { config, outboxFile, clock, log }: ForwardOptions,
  clockSynced: () => boolean,
): {
  readonly outbox: Outbox & WalkCounter;
  readonly diary: WindowDiary;
  readonly windows: () => ToldWindows[];
} {
  makeFolder(dirname(outboxFile), 0o700, "outbox.unusable");
  const outbox = openOutbox({
    file: outboxFile,
    identity: identityOf(config),
    quota: quotaOf(config),
    random: systemRandom,
    nowMs: clock.realtime(),
    log,
    clockSynced,
  });
  const diary = new WindowDiary(clock, newest(outbox));
  return { outbox, diary, windows: () => diary.entries(outbox.newestSealed(MOST_REMEMBERED)) };
}

/** A page that cannot be read is no reason not to start: the outbox tells of it, and mends it, by itself. */
function newest(outbox: Outbox): ReturnType<Outbox["newestSealed"]> {
  try {
    return outbox.newestSealed(MOST_REMEMBERED);
  } catch (failure) {
    if (!(failure instanceof TelpostError)) throw failure;
    return [];
  }
}

/** What may wait at most. */
export function quotaOf({ outbox }: Pick<Config, "outbox">): Quota {
  return { maxBytes: outbox.maxBytes, maxAgeMs: outbox.maxAge };
}

/** Whose messages these are. */
export function identityOf({ gateway }: Config): Identity {
  return { tenant: gateway.tenant, site: gateway.site, gateway: gateway.id };
}
