import { factsOf, type SensorFacts } from "../config/facts.ts";
import type { Config } from "../config/schema.ts";
import type { About } from "../handover/protocol.ts";
import type { ContactState, GapReason, LightState, SensorState } from "../model.ts";
import { VERSION } from "../ops/version.ts";
import type { Core } from "./core.ts";
import type { SealedWindows } from "./diary.ts";
import type { Light, LightParts } from "./start-light.ts";

/** What `telpost status` shows of sense: nothing that depends on passages. */
export interface SenseStatus {
  readonly process: "sense";
  readonly version: string;
  readonly configHash: string;
  /** Why it runs with the last good configuration; null when with the administrator's. */
  readonly instead: string | null;
  readonly uptimeSeconds: number;
  readonly epoch: string;
  /** Messages sealed in this epoch: one for each closing instant, whatever was counted. */
  readonly sealed: number;
  readonly clockSynced: boolean;
  readonly cityKey: string | null;
  /** Until when there are valid city keys, ms since the Unix epoch: in the past while an expired one serves. */
  readonly cityKeyUntilMs: number | null;
  readonly handover: "connected" | "absent";
  /** Closed windows that wait to be sealed, and sealed messages that wait to be kept. */
  readonly waiting: number;
  readonly unkept: number;
  /** Why closed windows are not sealed; null while they are. */
  readonly heldFor: GapReason | null;
  /** The newest sealed windows of each length. */
  readonly sealedLast: readonly SealedWindows[];
  /** What is fixed about each sensor, in the order of `sensors`. */
  readonly facts: readonly SensorFacts[];
  readonly sensors: readonly SensorState[];
  readonly contacts: readonly ContactState[];
  /** What the status light says; null without one. */
  readonly light: LightState | null;
}

/** One line for systemd. */
export function senseSummary({
  sensors,
  contacts,
  waiting,
  unkept,
  handover,
  clockSynced,
}: SenseStatus): string {
  const up = sensors.filter(({ link }) => link === "up").length;
  const parts = [
    `${up} of ${sensors.length} sensors up`,
    `${waiting} windows to seal`,
    `${unkept} to hand over${handover === "connected" ? "" : ", forward is away"}`,
    ...(clockSynced ? [] : ["clock not set"]),
    ...contacts.filter(({ condition }) => condition === "alarm").map(({ id }) => `contact ${id}`),
  ];
  return parts.join("; ");
}

interface StatusParts extends Pick<LightParts, "clockSynced" | "connected"> {
  readonly core: Core;
  readonly keys: { facts(): Pick<About, "cityKid" | "cityKeyUntilMs"> };
  readonly light: Pick<Light, "state">;
  /** Monotonic. */
  readonly startedMs: number;
}

/** All of it. */
export function statusOf(
  options: FixedParts & Pick<LightParts, "clock">,
  { core, keys, clockSynced, light, startedMs, connected }: StatusParts,
): SenseStatus {
  const { cityKid, cityKeyUntilMs } = keys.facts();
  return {
    ...fixedStatus(options),
    uptimeSeconds: Math.floor((options.clock.monotonic() - startedMs) / 1000),
    clockSynced: clockSynced(),
    cityKey: cityKid,
    cityKeyUntilMs,
    handover: connected() ? "connected" : "absent",
    light: light.state(),
    ...coreStatus(core),
  };
}

type FixedStatus = Pick<SenseStatus, "process" | "version" | "configHash" | "instead" | "facts">;

interface FixedParts extends Pick<SenseStatus, "configHash" | "instead"> {
  readonly config: Config;
}

/** What stays while it runs. */
function fixedStatus({ config, configHash, instead }: FixedParts): FixedStatus {
  const facts = config.sensors.map((sensor) => factsOf(sensor, config.privacy));
  return { process: "sense", version: VERSION, configHash, instead, facts };
}

/** What the stages tell. */
function coreStatus({
  epoch,
  sealing,
  pipeline,
  contacts,
}: Core): Omit<
  SenseStatus,
  keyof FixedStatus | "uptimeSeconds" | "clockSynced" | "cityKey" | "cityKeyUntilMs" | "handover" | "light"
> {
  const { sealed, waiting, heldFor, diary } = sealing;
  const unkept = sealing.unkept().length;
  const windows = { sealed, waiting, unkept, heldFor, sealedLast: diary.newest() };
  return { epoch, ...windows, sensors: pipeline.states(), contacts: contacts.states() };
}
