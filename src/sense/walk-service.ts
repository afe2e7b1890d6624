import { existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Lifecycle } from "../base/lifecycle.ts";
import type { SenseEnd } from "../handover/sense-end.ts";
import { ConversationServer } from "../ops/conversation.ts";
import type { SenseOptions } from "./compose.ts";
import type { Core } from "./core.ts";
import type { LineTaps } from "./line-taps.ts";
import type { OwnKeys } from "./own-keys.ts";
import { WalkDesk } from "./walk-desk.ts";
import { recordOf, signRecord } from "./walk-record.ts";

interface WalkParts {
  readonly core: Core;
  readonly keys: Pick<OwnKeys, "gatewayKey">;
  readonly handover: SenseEnd;
  readonly taps: LineTaps;
}

/**
 * Walk tests, on a socket of their own: who may ask for the status may not see live counts. On an installed gateway the
 * folder belongs to the group telpost-walk (telpost.tmpfiles); where nobody made it, it is open to this user and root only.
 */
export async function startWalks(
  options: Pick<SenseOptions, "config" | "configHash" | "crashFolder" | "bootId" | "clock" | "log">,
  { core, keys, handover, taps }: WalkParts,
  lifecycle: Lifecycle,
): Promise<void> {
  const desk = new WalkDesk({
    ...options,
    core,
    taps,
    ask: (atMs, event) => handover.askWalk(atMs, event),
    sign: (facts, outcome) => signRecord(recordOf(options, facts, outcome), keys.gatewayKey),
  });
  await desk.tellInterrupted();
  const socket = join(options.crashFolder, "walk", "walk.sock");
  if (!existsSync(dirname(socket))) mkdirSync(dirname(socket), { mode: 0o700 });
  const server = new ConversationServer(socket, (conversation) => desk.serve(conversation));
  await server.start();
  lifecycle.onStop(() => {
    desk.stop();
    return server.stop();
  });
}
