import { statfsSync, statSync } from "node:fs";
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
import { isThere, type Machine } from "../machine.ts";

/** A unit as systemd shows it. */
interface Unit {
  readonly name: string;
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly result: string;
  readonly file: string;
}

/** Null: systemd does not run here, or says nothing. */
type UnitFacts = readonly Unit[] | null;

export const UNITS = ["telpost.target", "telpost-forward.service", "telpost-sense.service"] as const;
const ASKED = "--property=Id,LoadState,ActiveState,SubState,Result,UnitFileState";

/** What systemd says of the units. */
export const units = check<UnitFacts>("units", {
  observe: ({ machine }: Subject) => readUnits(machine),
  judge: judgeUnits,
});

/** The units as systemd shows them; null where it does not run, or does not answer. */
export async function readUnits(machine: Machine): Promise<UnitFacts> {
  if (!isThere(machine, "run/systemd/system")) return null;
  const ran = await machine.run("systemctl", ["show", ASKED, ...UNITS], 2_500);
  return ran && ran.code === 0 ? ran.out.trim().split("\n\n").map(unitOf) : null;
}

function unitOf(block: string): Unit {
  const value = (property: string) => new RegExp(`^${property}=(.*)$`, "m").exec(block)?.[1] ?? "";
  return {
    name: value("Id"),
    load: value("LoadState"),
    active: value("ActiveState"),
    sub: value("SubState"),
    result: value("Result"),
    file: value("UnitFileState"),
  };
}

export function judgeUnits(facts: UnitFacts): Judgement[] {
  if (!facts) return [notKnown("systemd does not run here, or does not answer.")];
  const installed = facts.filter(({ load }) => load === "loaded");
  if (installed.length === 0) return [notKnown("telpost is not installed as units here.")];
  const found = installed.flatMap(unitLines);
  return found.length > 0 ? found : [good("Both units run, and start with the machine.")];
}

function unitLines({ name, active, sub, result, file }: Unit): Judgement[] {
  const subject = name.replace(".service", "");
  const isTarget = name.endsWith(".target");
  if (isTarget && file === "disabled") return [warning("process.disabled", "telpost.target is disabled.")];
  if (isTarget || (active === "active" && sub === "running")) return [];
  const why = `systemd says: ${active}, ${sub}${result && result !== "success" ? `, ${result}` : ""}.`;
  const hasFailed = active === "failed" || sub === "auto-restart" || (result !== "" && result !== "success");
  if (!hasFailed && active === "activating") return [notKnown(why, { subject })];
  const code = hasFailed ? "process.failed" : "process.stopped";
  return [failed(code, why, { subject, fill: { UNIT: subject } })];
}

/** Whether both processes answer, and speak with each other. */
export const processes = check("processes", {
  needs: ["configuration", "units"],
  remote: true,
  observe: () => null,
  judge(_, patient) {
    const { sense, forward } = patient;
    const found = [
      ...(sense.answers ? [] : [silence("telpost-sense", sense.code)]),
      ...(forward.answers ? [] : [silence("telpost-forward", forward.code)]),
      ...handover(patient),
    ];
    return found.length > 0 ? found : [good("Both processes answer, and sense hands over to forward.")];
  },
});

function silence(subject: string, code: "usage.not_running" | "control.denied"): Judgement {
  if (code === "control.denied")
    return warning(code, `The control socket of ${subject} is not for you.`, { subject });
  return failed(code, `${subject} says nothing.`, { subject });
}

function handover({ sense, forward }: Patient): Judgement[] {
  const isAway = sense.answers && forward.answers && sense.status.handover === "absent";
  return isAway ? [failed("handover.unreachable", "Both run, but the handover between them does not.")] : [];
}

interface CrashFacts {
  readonly folder: string;
  readonly isThere: boolean;
  readonly isTmpfs: boolean;
  readonly isFull: boolean;
}

/** statfs(2): TMPFS_MAGIC and RAMFS_MAGIC. */
const MEMORY_FILE_SYSTEMS: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
const LEAST_BYTES = 256 * 1024;

/** The folder of the crash copy: in memory, with room. */
export const crash = check<CrashFacts>("crash", {
  observe({ places: { crash: folder } }) {
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
      return { folder, isThere: false, isTmpfs: true, isFull: false };
    const { type, bavail, bsize, files, ffree } = statfsSync(folder);
    const isFull = bavail * bsize < LEAST_BYTES || (files > 0 && ffree === 0);
    return { folder, isThere: true, isTmpfs: MEMORY_FILE_SYSTEMS.has(type), isFull };
  },
  judge({ folder, isThere: is, isTmpfs, isFull }, { sense }) {
    const fill = { FOLDER: folder };
    if (!is && sense.answers) return [failed("crash.unusable", `${folder} is not there.`, { fill })];
    if (!is) return [notKnown(`${folder} is not there; telpost-sense makes it.`)];
    if (!isTmpfs) return [failed("crash.not_tmpfs", `${folder} is on a disk.`, { fill })];
    if (isFull) return [failed("crash.unusable", `${folder} has no room.`, { fill })];
    return [good("The folder of the crash copy is in memory and has room.")];
  },
});
