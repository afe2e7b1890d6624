import type { CrowdLevel, Output, OutputKind } from "../model.ts";
import type { LevelConfig, TotalConfig } from "./derived-schema.ts";
import { allOutputs } from "./outputs.ts";
import type { Config, PrivacyConfig } from "./schema.ts";

/** Totals and crowd levels: records that are computed from the published ones of the same window. */

/** A sum of published records of one kind: nothing new is drawn for it. */
export interface TotalOutput extends Output {
  readonly method: "derived";
  readonly parts: readonly {
    readonly id: string;
    /** In and out change places. */
    readonly mirrored: boolean;
  }[];
}

/** Reached at `from` and more, left below `below`; below <= from. */
export interface Threshold {
  readonly from: number;
  readonly below: number;
}

/** How full it is by a published record, judged anew in every window. */
export interface LevelOutput {
  readonly id: string;
  readonly kind: "level";
  readonly method: "derived";
  readonly seconds: number;
  readonly of: { readonly id: string; readonly kind: OutputKind };
  /** Which number of the record; `both` is in and out together. */
  readonly number: "in" | "out" | "both" | "present";
  /** Ascending, from the second level on. */
  readonly thresholds: Readonly<{ [level in Exclude<CrowdLevel, "free">]: Threshold }>;
  /** So many windows in a row must say so before the level rises, or falls. */
  readonly riseWindows: number;
  readonly fallWindows: number;
}

/** A record computed from published ones, in the same window. */
export type DerivedOutput = TotalOutput | LevelOutput;
/** Whatever has a record in each of its windows. */
export type RecordOutput = Output | DerivedOutput;

type Derives = Pick<Config, "sensors" | "privacy" | "totals" | "levels">;

/** Totals before the levels that may be of them, each in the order of the configuration. */
export function derivedOutputs({ sensors, privacy, totals, levels }: Derives): DerivedOutput[] {
  return [
    ...totals.map((total) => totalOutput(total, allOutputs({ sensors, privacy }), privacy)),
    ...levels.map((level) => levelOutput(level, privacy)),
  ];
}

/** Everything that has a record in each of its windows, in the order of the records. */
export function recordOutputs(config: Derives): RecordOutput[] {
  return [...allOutputs(config), ...derivedOutputs(config)];
}

/** The kind of record that a level looks at. */
export function kindOfNumber(number: LevelConfig["number"]): OutputKind {
  return number === "present" ? "occupancy" : "flow";
}

function totalOutput(
  { id, kind, of, mirrored }: TotalConfig,
  counted: readonly Output[],
  privacy: PrivacyConfig,
): TotalOutput {
  const parts = of.map((part) => ({ id: part, mirrored: mirrored.includes(part) }));
  const { windowSeconds: seconds } = privacy[kind];
  const stat = kind === "occupancy" ? { stat: privacy.occupancy.stat } : {};
  // All parts have the same classes (derived-rules.ts).
  const { classes: set } = counted.find((output) => output.id === of[0] && output.kind === kind) ?? {};
  const classes = set ? { classes: set } : {};
  return { id, kind, method: "derived", seconds, ...stat, ...classes, parts };
}

function levelOutput({ id, of, number, ...rule }: LevelConfig, privacy: PrivacyConfig): LevelOutput {
  const { busy, crowded, critical, riseWindows, fallWindows } = rule;
  const kind = kindOfNumber(number);
  return {
    ...{ id, kind: "level", method: "derived", seconds: privacy[kind].windowSeconds },
    ...{ of: { id: of, kind }, number, thresholds: { busy, crowded, critical }, riseWindows, fallWindows },
  };
}
