import { expect, it } from "vitest";
import { TelpostError } from "../../../src/base/errors.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { ReplayLine } from "../../../src/sense/line/replay-line.ts";
import { LineTaps } from "../../../src/sense/line-taps.ts";
import { SniffDesk } from "../../../src/sense/sniff-desk.ts";
import { SenseRig } from "../../kit/core.ts";
import { shippedProfiles } from "../../kit/devices.ts";
import { EXACT, replayConfig } from "../../kit/replayed.ts";
import { SOUNDS } from "../../kit/sounds.ts";

const YAML = replayConfig(
  [
    "id: beam, profile: benewake-tfmini, port: /dev/a, nearerThanMetres: 3",
    "id: gate, profile: generic-jsonl, port: /dev/b",
  ],
  EXACT,
);
const ASKED = { verb: "sniff", sensor: "beam", seconds: 2 };

/** A desk on a sense without devices, whose lines are tapped as the real ones are. */
function desk() {
  const parsed = parseConfig(YAML, shippedProfiles());
  if (!parsed.ok) throw new Error("the configuration has problems");
  const rig = new SenseRig(YAML);
  const taps = new LineTaps();
  for (const feed of rig.core.feeds) {
    const line = new ReplayLine();
    line.start(taps.tapped(feed.sensor.id, "main", rig.core.pipeline.listenerFor(feed)));
    line.open(rig.clock.monotonic());
    rig.lines.set(feed.sensor.id, line);
  }
  const { clock } = rig;
  const sniffs = new SniffDesk({ config: parsed.value, feeds: rig.core.feeds, taps, clock });
  const ask = (request: unknown, left = new AbortController()) =>
    sniffs.serve({ request, left: left.signal });
  return { rig, ask };
}

const codeOf = (failure: unknown) => (failure instanceof TelpostError ? failure.code : failure);

it("listens for the time that was asked for, while the sensor is counted", async () => {
  const { rig, ask } = desk();
  const told = ask(ASKED);
  for (let step = 0; step < 20; step++) {
    rig.sendBytes("beam", SOUNDS["benewake-tfmini"]?.(step) ?? new Uint8Array());
    rig.clock.advance(100);
  }
  expect(await told).toMatchObject({
    sensor: "beam",
    profile: "benewake-tfmini",
    ports: ["/dev/a"],
    hears: "frames",
    kinds: [{ name: "measure", header: "59 59", bytes: "9" }],
    timing: { median: 10 },
    errors: "none",
  });
});

it("refuses what it may not or cannot tell, and serves one at a time", async () => {
  const { rig, ask } = desk();
  const refused = async (request: unknown) => ask(request).then(() => "told", codeOf);
  expect(await refused({ ...ASKED, sensor: "gate" })).toBe("sniff.passages");
  for (const wrong of [
    { sensor: "none" },
    { seconds: 0 },
    { seconds: 61 },
    { seconds: "2" },
    { bytes: true },
  ])
    expect(await refused({ ...ASKED, ...wrong })).toBe("usage.bad_arguments");
  const left = new AbortController();
  const first = ask(ASKED, left);
  expect(await refused(ASKED)).toBe("sniff.running");
  // Who hangs up makes room.
  left.abort();
  expect(await first).toMatchObject({ hears: "nothing" });
  rig.core.feeds[0]?.down({ watch() {} } as never, {
    port: "main",
    code: "device.gone",
    atMs: rig.clock.monotonic(),
  });
  expect(await refused(ASKED)).toBe("sniff.sensor_down");
});
