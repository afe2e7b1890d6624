import { type RandomBytes, systemRandom } from "../../src/base/random.ts";
import { isPassages } from "../../src/contract/values.ts";
import type { RecordFields } from "../../src/model.ts";
import { closedWindows } from "../../src/sense/closed-windows.ts";
import { Derivation } from "../../src/sense/derive/derivation.ts";
import { NOON, SenseRig } from "../kit/core.ts";
import { replayConfig } from "../kit/replayed.ts";
import { END_MS, flowOutput, privacyOf, windowOf } from "../unit/guard/fixtures.ts";

/**
 * Noise as it leaves the shipped path: lines of text go in at one end, records that the city opened come out at the
 * other. Sixty-four sensors count at a time, so that one sealed message carries 128 draws.
 */

const SENSORS = 64;

export interface DrawOptions {
  /** Each sensor counts one of these, both ways, in every window. */
  readonly values: readonly number[];
  /** Windows to let pass. */
  readonly windows: number;
  readonly epsilon?: string;
  /** In place of the operating system's generator. */
  readonly random?: RandomBytes;
}

/** The noise of one sensor, window by window. */
export interface SensorNoise {
  readonly exact: number;
  readonly in: number[];
  readonly out: number[];
}

/** The true count of each sensor, in the order of the configuration. */
export function exactOf(values: readonly number[], sensor: number): number {
  return values[sensor % values.length] ?? 0;
}

/** Lets windows pass on a virtual clock, and takes the true counts off what the city opened. */
export async function drawFlows({
  values,
  windows,
  epsilon = "1",
  random,
}: DrawOptions): Promise<SensorNoise[]> {
  const ids = Array.from({ length: SENSORS }, (_, sensor) => `s${sensor}`);
  const sensors = ids.map((id) => `id: ${id}, profile: generic-jsonl, port: /dev/${id}`);
  const rig = new SenseRig(replayConfig(sensors, `flow: { epsilon: "${epsilon}" }`), NOON, {
    lookMs: 60_000,
    ...(random ? { random } : {}),
  });
  const noise = ids.map((_, sensor): SensorNoise => ({ exact: exactOf(values, sensor), in: [], out: [] }));
  for (let window = 0; window < windows; window++) {
    for (const [sensor, id] of ids.entries()) {
      const exact = exactOf(values, sensor);
      if (exact > 0) rig.send(id, `{"in":${exact},"out":${exact}}\n`);
    }
    await rig.advance(60_000);
    for (const message of await rig.take()) collect(message, noise);
  }
  return noise;
}

function collect(
  { records }: { readonly records: readonly RecordFields[] },
  noise: readonly SensorNoise[],
): void {
  for (const [sensor, { value, quality }] of records.entries()) {
    const one = noise[sensor];
    if (!one || quality !== "ok" || !isPassages(value) || value.in === null || value.out === null)
      throw new Error("a window that was not measured");
    one.in.push(value.in - one.exact);
    one.out.push(value.out - one.exact);
  }
}

/** As `drawFlows`, straight from the stage that draws: without lines of text and without sealing, so much faster. */
export function drawAtGuard({
  values,
  windows,
  epsilon = "1",
  random = systemRandom,
}: DrawOptions): SensorNoise[] {
  const privacy = privacyOf({ flow: { epsilon } });
  const outputs = Array.from({ length: SENSORS }, (_, sensor) => ({ ...flowOutput, id: `s${sensor}` }));
  const noise = outputs.map(
    (_, sensor): SensorNoise => ({ exact: exactOf(values, sensor), in: [], out: [] }),
  );
  const closing = outputs.map((output, sensor) => {
    const exact = exactOf(values, sensor);
    return windowOf(output, { in: exact, out: exact });
  });
  const common = { endMs: END_MS, endAtMs: 0, closedAtMs: 0, baselines: [], privacy, moved: false };
  const derivation = new Derivation([]);
  for (let window = 0; window < windows; window++) {
    for (const { records } of closedWindows(closing, common, { random, derivation }))
      collect({ records }, noise);
  }
  return noise;
}

/** All draws added to one true value, in and out. */
export function drawsFor(noise: readonly SensorNoise[], exact: number): number[] {
  return noise.filter((one) => one.exact === exact).flatMap((one) => [...one.in, ...one.out]);
}
