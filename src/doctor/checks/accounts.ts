import { check, failed, good, type Judgement, type Patient, type Subject } from "../check.ts";
import { type Machine, type RunAs, textOf } from "../machine.ts";

/** A user of the machine, and every group he is in. */
export interface Account extends RunAs {
  readonly name: string;
  readonly groups: ReadonlyMap<string, number>;
}

/** passwd(5) and group(5); null when there is no such user. */
export function accountOf(machine: Pick<Machine, "root">, name: string): Account | null {
  const fields = (file: string) => (textOf(machine, file) ?? "").split("\n").map((line) => line.split(":"));
  const [, , uid, gid] = fields("etc/passwd").find(([user]) => user === name) ?? [];
  if (uid === undefined || gid === undefined) return null;
  const own = fields("etc/group").filter(
    ([, , id, members = ""]) => id === gid || members.split(",").includes(name),
  );
  const groups = new Map(own.map(([group = "", , id]) => [group, Number(id)]));
  return { name, uid: Number(uid), gid: Number(gid), groups };
}

export const SENSE_USER = "telpost-sense";
export const FORWARD_USER = "telpost-forward";

interface AccountFacts {
  readonly sense: Account | null;
  readonly forward: Account | null;
}

/** Whether the services' users exist and are in the groups that the package puts them in. */
export const accounts = check<AccountFacts>("accounts", {
  observe: ({ machine }: Subject) => ({
    sense: accountOf(machine, SENSE_USER),
    forward: accountOf(machine, FORWARD_USER),
  }),
  judge({ sense, forward }, patient) {
    if (!sense || !forward)
      return [good("telpost is not installed as a package here: it runs as its caller.")];
    const found = [
      ...missing(sense, ["telpost-handover", ...deviceGroups(patient)]),
      ...missing(forward, ["telpost-handover"]),
    ];
    return found.length > 0 ? found : [good("Both users are in their groups.")];
  },
});

function missing({ name, groups }: Account, wanted: readonly string[]): Judgement[] {
  const lacking = wanted.filter((group) => !groups.has(group));
  return lacking.map((group) =>
    failed("process.no_group", `${name} is not in ${group}.`, {
      subject: name,
      fill: { GROUP: group, USER: name },
    }),
  );
}

function deviceGroups({ configuration: { config } }: Patient): string[] {
  const sensors = config?.sensors ?? [];
  const isGpio = (one: (typeof sensors)[number]) => one.profile === "device" && one.place.kind === "gpio";
  const gpio =
    sensors.some(isGpio) || (config?.contacts.length ?? 0) > 0 || config?.statusLight !== undefined;
  return [...(sensors.some((one) => !isGpio(one)) ? ["dialout"] : []), ...(gpio ? ["gpio"] : [])];
}
