import { constants, statSync } from "node:fs";
import { join } from "node:path";
import { lineSettings } from "../../sense/line-settings.ts";
import { check, failed, good, type Judgement, type Patient, type Subject, warning } from "../check.ts";
import { accessTo, type Holder, holdersOf, names, realPath } from "../machine.ts";
import { type Account, accountOf, SENSE_USER } from "./accounts.ts";
import { configOf } from "./files.ts";

/** A serial port of the configuration. */
export interface PortFacts {
  readonly sensor: string;
  readonly path: string;
  /** Where it leads; null when it leads nowhere. */
  readonly device: string | null;
  readonly isTerminal: boolean;
  /** Whether telpost-sense may open it; where there is no such user, whether this one may. */
  readonly isAllowed: boolean;
  /** Who else has it open. */
  readonly others: readonly Holder[];
  /** Its name below /dev/serial/by-id; null without one. */
  readonly lasting: string | null;
}

const BY_ID = "/dev/serial/by-id";

/** Who holds a port, may the service open it, is it a port at all. Opens none. */
export const ports = check<readonly PortFacts[]>("ports", {
  needs: ["configuration"],
  observe: observePorts,
  judge(facts, patient) {
    const found = [...facts.flatMap((one) => portLines(one, patient)), ...sharedLines(facts)];
    if (found.some(({ state }) => state === "failed")) return found;
    const words =
      facts.length === 0
        ? "No sensor is on a serial port."
        : "The serial ports are there, and free for telpost.";
    return [...found, ...(found.length > 0 ? [] : [good(words)])];
  },
});

export function observePorts(subject: Subject): PortFacts[] {
  const { machine } = subject;
  const service = accountOf(machine, SENSE_USER);
  const wanted = configOf(subject).sensors.flatMap((sensor) =>
    lineSettings(sensor).map(([, { port }]) => ({ sensor: sensor.id, path: port, device: realPath(port) })),
  );
  const holders = holdersOf(wanted.flatMap(({ device }) => device ?? []));
  return wanted.map((one) => {
    const { device } = one;
    if (device === null) return { ...one, isTerminal: false, isAllowed: false, others: [], lasting: null };
    const others = (holders.get(device) ?? []).filter((holder) => !isSense(holder));
    const byId = join(machine.root, BY_ID);
    const lasting = names(byId).find((link) => realPath(join(byId, link)) === device);
    return {
      ...one,
      isTerminal: isTerminal(device),
      isAllowed: isAllowed(device, service),
      others,
      lasting: lasting === undefined ? null : `${BY_ID}/${lasting}`,
    };
  });
}

/** Our own process, under whatever it was started: the bundle of the package, or the verb. */
function isSense({ commandLine }: Holder): boolean {
  return /telpost-sense\.cjs|telpost(\.ts|\.cjs)? sense( |$)/.test(commandLine);
}

/** Terminals are the character devices of a few majors; tty(4), ptys and USB among them, cannot be told from the number. */
function isTerminal(device: string): boolean {
  return /^\/dev\/(tty|pts\/|rfcomm|serial)/.test(device) && statSync(device).isCharacterDevice();
}

function isAllowed(device: string, service: Account | null): boolean {
  if (!service) return accessTo(device, constants.R_OK | constants.W_OK) === null;
  const { mode, uid, gid } = statSync(device);
  if (uid === service.uid) return (mode & 0o600) === 0o600;
  const isMember = [...service.groups.values()].includes(gid);
  return ((isMember ? mode >> 3 : mode) & 0o6) === 0o6;
}

function portLines(facts: PortFacts, { sense }: Patient): Judgement[] {
  const { sensor, path, device, others, lasting } = facts;
  const more = { subject: `sensor ${sensor}`, fill: { DEVICE: path, PORT: lasting ?? path } };
  if (device === null) return [failed("device.absent", `${path} is not there. ${pluggedIn()}`, more)];
  if (!facts.isTerminal) return [failed("device.not_serial", `${path} is something else.`, more)];
  if (!facts.isAllowed) return [failed("device.denied", `${path}: ${whose(device)}.`, more)];
  const state = sense.answers ? sense.status.sensors.find(({ id }) => id === sensor) : undefined;
  // While sense reads it, whoever else looks on does no harm that can be named: the claim keeps others out.
  if (others.length > 0 && state?.link !== "up")
    return [failed("device.busy", `${path} is held by ${others.map(holderWords).join(", ")}.`, more)];
  if (lasting !== null && /^\/dev\/tty(USB|ACM)\d+$/.test(path))
    return [warning("device.name_moves", path, more)];
  return [];
}

const holderWords = ({ name, pid }: Holder) => `${name} (process ${pid})`;

function whose(device: string): string {
  const { mode, uid, gid } = statSync(device);
  return `user ${uid}, group ${gid}, mode ${(mode & 0o777).toString(8)}`;
}

function pluggedIn(): string {
  const adapters = names(BY_ID);
  if (adapters.length === 0) return "No USB adapter is plugged in.";
  return `Plugged in: ${adapters.slice(0, 3).join(", ")}${adapters.length > 3 ? " and others" : ""}.`;
}

function sharedLines(facts: readonly PortFacts[]): Judgement[] {
  const byDevice = Map.groupBy(
    facts.filter(({ device }) => device !== null),
    ({ device }) => device,
  );
  return [...byDevice.values()]
    .filter((ones) => ones.length > 1)
    .map((ones) =>
      failed(
        "device.shared",
        `${ones.map(({ sensor }) => sensor).join(" and ")} lead to ${ones[0]?.device}.`,
      ),
    );
}
