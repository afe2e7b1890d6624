import { execFile } from "node:child_process";
import { z } from "zod";
import { type Clock, sleep } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import type { BothStatus } from "../ops/first-window.ts";
import type { UnitState } from "./judge.ts";
import type { Machine } from "./ports.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  /** The last line that says something of what went wrong. */
  readonly complaint: string;
}

const MOST_OUTPUT_BYTES = 2 ** 26;

/** Runs a program in the plain locale; it fails by its exit code, never by throwing. */
export function run(program: string, args: readonly string[], cwd = "/"): Promise<Ran> {
  const env = { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C.UTF-8", DEBIAN_FRONTEND: "noninteractive" };
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd, maxBuffer: MOST_OUTPUT_BYTES }, (failure, out, err) => {
      const code = failure ? (typeof failure.code === "number" ? failure.code : 127) : 0;
      resolve({ code, out, complaint: lastLine(err) || lastLine(out) || (failure?.message ?? "") });
    });
  });
}

function lastLine(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  const errors = lines.filter((line) => /error|cannot|failed|^E: /i.test(line));
  return errors[0] ?? lines.findLast((line) => line !== "") ?? "";
}

const UNITS = ["telpost-forward.service", "telpost-sense.service"];
const ASKED = "--property=Id,ActiveState,NRestarts,InvocationID";

/** Another program, such as unattended-upgrades, may use dpkg for so long. */
const LOCKED_MS = 15 * 60_000;
const LOCKED_LOOK_MS = 5_000;

export interface ThisMachineOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly status: () => Promise<BothStatus>;
}

/** The gateway that this runs on, with its dpkg and its systemd. */
export function thisMachine({ clock, signal, status }: ThisMachineOptions): Machine {
  return {
    installed: installedVersion,
    units: unitStates,
    status: async () => soundOf(await status().catch(() => ({ sense: null, forward: null }))),
    async install(deb) {
      const untilMs = clock.monotonic() + LOCKED_MS;
      for (;;) {
        const { code, complaint } = await run("dpkg", ["--install", deb]);
        if (code === 0) return null;
        if (!/lock/.test(complaint) || clock.monotonic() > untilMs || signal.aborted) return complaint;
        await sleep(clock, LOCKED_LOOK_MS, signal, "dpkg lock");
      }
    },
    async restart() {
      const { code, complaint } = await run("systemctl", ["restart", "telpost.target", ...UNITS]);
      return code === 0 ? null : complaint;
    },
  };
}

/** What a judge reads of an answer: these stay as they are from release to release. */
const SENSE = z.object({
  epoch: z.string(),
  sealed: z.number(),
  unkept: z.number(),
  waiting: z.number(),
  handover: z.string(),
  configHash: z.string(),
  clockSynced: z.boolean(),
  cityKey: z.string().nullable(),
});
const FORWARD = z.object({
  sense: z.string(),
  configHash: z.string(),
  uplink: z.object({ state: z.string(), lastProofMs: z.number().nullable() }),
});

/** Another release answers: what it says that makes no sense is no answer. */
function soundOf({ sense, forward }: BothStatus): BothStatus {
  return {
    sense: SENSE.safeParse(sense).success ? sense : null,
    forward: FORWARD.safeParse(forward).success ? forward : null,
  };
}

/** The version that dpkg has installed and configured; null for none, or a half. */
export async function installedVersion(): Promise<string | null> {
  const { code, out, complaint } = await run("dpkg-query", ["--status", "telpost"]);
  // 1: dpkg knows no such package. Anything else is no answer.
  if (code > 1) throw new TelpostError("update.not_possible", complaint);
  if (!/^Status: \w+ ok installed$/m.test(out)) return null;
  return /^Version: (.+)$/m.exec(out)?.[1] ?? null;
}

async function unitStates(): Promise<UnitState[]> {
  const { out } = await run("systemctl", ["show", ASKED, ...UNITS]);
  return out
    .trim()
    .split("\n\n")
    .map((block) => {
      const value = (name: string) => new RegExp(`^${name}=(.*)$`, "m").exec(block)?.[1] ?? "";
      const active = value("ActiveState") === "active";
      return { name: value("Id"), active, restarts: Number(value("NRestarts")), run: value("InvocationID") };
    });
}
