import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type ErrorCode, isErrorCode } from "../../base/errors.ts";
import {
  check,
  failed,
  good,
  type Judgement,
  notKnown,
  type Patient,
  type Subject,
  warning,
} from "../check.ts";
import type { Ran, RunAs } from "../machine.ts";
import { type Backlog, judgeQueue } from "./delivery.ts";

interface OutboxFacts {
  readonly isThere: boolean;
  /** What `telpost outbox verify` says; null when it did not end in time. */
  readonly verified: Ran | null;
  /** What waits, while forward does not say it itself. */
  readonly listed: Ran | null;
  readonly nowMs: number;
}

const LIMIT_MS = 2_900;

/**
 * Whether the database is sound. It is looked at by `telpost outbox`, which only reads, in a process of its own and as the
 * owner: what another user leaves beside the file would lock its owner out.
 */
export const outbox = check<OutboxFacts>("outbox", {
  needs: ["configuration", "disk"],
  async observe(subject) {
    const { machine, forward } = subject;
    const nowMs = machine.clock.realtime();
    const [verified, listed] = await Promise.all([
      askOutbox(subject, ["verify"], LIMIT_MS),
      forward.answers ? null : askOutbox(subject, ["ls", "--limit", "1"], LIMIT_MS),
    ]);
    if (verified === "absent" || listed === "absent")
      return { isThere: false, verified: null, listed: null, nowMs };
    return { isThere: true, verified, listed, nowMs };
  },
  judge: judgeOutbox,
});

/** What `telpost outbox` says, as the owner of the outbox; null when it did not end in time. */
export async function askOutbox(
  { machine, places }: Pick<Subject, "machine" | "places">,
  words: readonly string[],
  timeoutMs: number,
): Promise<Ran | "absent" | null> {
  const file = join(places.state, "outbox.db");
  if (!existsSync(file)) return "absent";
  return machine.self(["outbox", ...words, "--json", "--state", places.state], timeoutMs, ownerOf(file));
}

/** Only root can become another. */
function ownerOf(file: string): RunAs | undefined {
  const { uid, gid } = statSync(file);
  return process.getuid?.() === 0 && uid !== 0 ? { uid, gid } : undefined;
}

const verifiedShape = z.object({ bad: z.array(z.number()), damage: z.string().nullable() });

function judgeOutbox({ isThere, verified, listed, nowMs }: OutboxFacts, patient: Patient): Judgement[] {
  if (!isThere) return [noOutbox(patient)];
  if (!verified) return [notKnown("It is too large to be read in 3 s. Run: telpost outbox verify")];
  const found = verifiedShape.safeParse(jsonOf(verified.out));
  if (!found.success) return [complaint(verified)];
  const { bad, damage } = found.data;
  const cure = "Run: sudo systemctl stop telpost-forward; sudo -u telpost-forward telpost outbox salvage";
  if (damage !== null) return [failed("outbox.damaged", `What is broken: ${damage}.`, { cure })];
  if (bad.length > 0) return [failed("outbox.damaged", "A row fails its checksum.", { cure })];
  const backlog = backlogOf(listed);
  return [good("The database is sound."), ...(backlog ? judgeQueue(backlog, nowMs, patient) : [])];
}

function noOutbox({ forward, places }: Patient): Judgement {
  const why = `Nothing is in ${places.state}.`;
  return forward.answers
    ? failed("outbox.absent", why)
    : warning("outbox.absent", `${why} telpost-forward makes it.`);
}

/** The code with which `telpost outbox` failed; null when it gave none. */
export function complaintOf({ err }: Ran): ErrorCode | null {
  const code = /^([a-z]+\.[a-z_]+): /m.exec(err)?.[1];
  return isErrorCode(code) ? code : null;
}

/** It could not even be opened: the program says why in its first word. */
function complaint(ran: Ran): Judgement {
  const code = complaintOf(ran);
  if (code === "outbox.not_owner")
    return notKnown("The outbox belongs to another user. Run: sudo telpost doctor");
  if (code === null) return notKnown("telpost outbox verify gave no answer.");
  if (code !== "outbox.damaged") return failed(code, "telpost outbox verify says so.");
  const cure = "Run: sudo systemctl restart telpost-forward; it moves it aside, and saves what can be read.";
  return failed(code, "It cannot be opened.", { cure });
}

const listedShape = z.object({
  queued: z.number(),
  bytes: z.number(),
  rows: z.array(z.object({ at: z.iso.datetime().optional() })),
});

function backlogOf(listed: Ran | null): Backlog | null {
  const found = listedShape.safeParse(jsonOf(listed?.out ?? ""));
  if (!found.success) return null;
  const { queued, bytes, rows } = found.data;
  const at = rows[0]?.at;
  return { queued, bytes, oldestAtMs: at === undefined ? null : Date.parse(at) };
}

/** What a text says as JSON; undefined when it is none. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
