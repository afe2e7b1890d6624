import { type ErrorCode, TelpostError } from "../../base/errors.ts";
import type { SensorConfig } from "../../config/schema.ts";
import type { Finding } from "../../probe/finding.ts";
import type { Candidate } from "../../probe/plan.ts";
import { probePort } from "../../probe/run.ts";
import { SCRIPTS } from "../../probe/scripts.ts";
import { lineSettings } from "../../sense/line-settings.ts";
import { check, failed, good, type Judgement, notKnown, type Subject } from "../check.ts";
import { holdersOf, realPath } from "../machine.ts";
import { configOf } from "./files.ts";

/** What came from a sensor while nobody else read it. No function of people: only whether its frames came. */
interface HeardFacts {
  readonly sensor: string;
  readonly port: string;
  /** Why nothing was listened to; null when something was. */
  readonly notHeard: string | null;
  readonly code: ErrorCode | null;
  readonly finding: Finding | null;
  /** Whether silence says that something is wrong. */
  readonly mustSpeak: boolean;
}

const LISTEN_MS = 1_500;
/** What comes this often must come within the time that is listened. */
const STEADY_HZ = 2;

/**
 * Whether a profile sees its frames. While sense runs it knows and says so (sensors); only where it does not are the ports
 * opened, listened to and closed. Nothing is written to them.
 */
export const frames = check<readonly HeardFacts[] | null>("frames", {
  needs: ["configuration", "ports"],
  observe(subject) {
    if (subject.sense.answers || subject.sense.code === "control.denied") return null;
    return Promise.all(configOf(subject).sensors.flatMap((sensor) => listen(sensor, subject)));
  },
  judge(facts) {
    if (!facts)
      return [notKnown("telpost-sense has the ports open, so they are not listened to; see sensors.")];
    return facts.length > 0 ? facts.map(judgeHeard) : [good("No sensor is on a serial port.")];
  },
});

/** Whoever holds the port reads it: a second reader would take bytes away. */
const isHeld = (port: string) => {
  const device = realPath(port);
  return device !== null && (holdersOf([device]).get(device) ?? []).length > 0;
};

function listen(sensor: SensorConfig, subject: Subject): Promise<HeardFacts>[] {
  const [main] = lineSettings(sensor);
  if (!main) return [];
  const [, { port, ...line }] = main;
  const facts = { sensor: sensor.id, port, code: null, finding: null, ...expectationOf(sensor) };
  if (facts.notHeard !== null) return [Promise.resolve(facts)];
  if (isHeld(port)) return [Promise.resolve({ ...facts, notHeard: `${port} is open in another process` })];
  const candidates: Candidate[] = sensor.profile === "device" ? [{ profile: sensor.device, line }] : [];
  const scripts = SCRIPTS.filter((script) => script === sensor.profile);
  const { clock } = subject.machine;
  const options = {
    port,
    candidates,
    scripts,
    listenMs: LISTEN_MS,
    ask: false,
    clock,
    signal: subject.signal,
  };
  const baudRate = candidates.length === 0 ? { baudRate: line.baudRate } : {};
  const probed = probePort({ ...options, ...baudRate, onTry: () => {} });
  return [
    probed.then(
      ({ findings }) => ({ ...facts, finding: findings[0] ?? null }),
      (failure: unknown) => {
        if (!(failure instanceof TelpostError)) throw failure;
        return { ...facts, code: failure.code };
      },
    ),
  ];
}

/** Of a sensor whose silence says nothing, not even whether something came may be told outside of a walk test. */
function expectationOf(sensor: SensorConfig): Pick<HeardFacts, "notHeard" | "mustSpeak"> {
  if (sensor.profile !== "device") {
    const isAlive = sensor.liveness === "frames";
    return {
      notHeard: isAlive ? null : "What it sends may be passages: only a walk test shows them",
      mustSpeak: false,
    };
  }
  const { health, init, poll } = sensor.device;
  if (health.liveness === "none")
    return { notHeard: "Its frames are passages: only a walk test shows them", mustSpeak: false };
  if (poll.length > 0 || init.length > 0)
    return {
      notHeard: `It speaks when it is spoken to. Run: telpost probe --ask ${portOf(sensor)}`,
      mustSpeak: false,
    };
  return { notHeard: null, mustSpeak: (health.nominalHz ?? 0) >= STEADY_HZ };
}

const portOf = (sensor: SensorConfig) => lineSettings(sensor)[0]?.[1].port ?? "PORT";

function judgeHeard({ sensor, port, notHeard, code, finding, mustSpeak }: HeardFacts): Judgement {
  const subject = `sensor ${sensor}`;
  const more = { subject, fill: { DEVICE: port, PORT: port } };
  if (notHeard !== null) return notKnown(`${notHeard}.`, { subject });
  if (code) return failed(code, port, more);
  if (finding && finding.fit !== "no") return good("Its frames come.", subject);
  if (finding?.reason === "Nothing came.") {
    if (!mustSpeak) return notKnown("Nothing came, but it need not speak all the time.", { subject });
    return failed("device.silent", `${port} is open, and nothing comes.`, more);
  }
  return failed("device.garbled", `${port} brings bytes.`, more);
}
