import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { TelpostError } from "../../../src/base/errors.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { ALL_PARTS } from "../../../src/support/all.ts";
import { listOf, whole } from "../../../src/support/allow.ts";
import { type Bundle, collect } from "../../../src/support/collect.ts";
import { type Part, part, type Source } from "../../../src/support/part.ts";
import { EPOCH_A, T0 } from "../../kit/outbox-data.ts";
import { PLANTED, PlantedGateway } from "./planted.ts";

const about = { why: "why", leavesOut: "nothing", names: [] };

/** The planted values that a text holds. */
function foundIn(text: string, secrets: readonly string[]): string[] {
  const planted = Object.entries(PLANTED).filter(([, value]) => text.includes(value));
  return [...planted.map(([name]) => name), ...secrets.filter((secret) => text.includes(secret))];
}

describe.each([
  { is: "good", isBroken: false },
  { is: "broken", isBroken: true },
])("a bundle of a gateway that is full of planted values, with a $is configuration", ({ isBroken }) => {
  const gateway = new PlantedGateway();
  let bundle: Bundle;

  beforeAll(async () => {
    await gateway.start({ isBroken });
    bundle = await collect(ALL_PARTS, await gateway.source());
  });
  afterAll(() => gateway.dispose());

  it("holds every part, and none of the values", () => {
    expect(bundle.manifest.filter(({ code }) => code !== null)).toEqual([]);
    expect(Object.keys(bundle.parts).sort()).toEqual(ALL_PARTS.map(({ name }) => name).sort());
    const text = JSON.stringify(bundle);
    expect(
      foundIn(
        text,
        Object.values(gateway.key.privateJwk).filter((one) => one.length > 20),
      ),
    ).toEqual([]);
  });

  it("holds what a technician needs", () => {
    expect(bundle.parts).toMatchObject({
      status: {
        sense: { version: "0.1.0", epoch: EPOCH_A, instead: "config.last_good", heldFor: null },
        forward: { version: null, uplink: { state: null, code: null, protocol: "5" } },
      },
      units: [{ name: "telpost-sense.service", active: "active", sub: "running" }],
      versions: { program: "0.1.0", system: "Debian GNU/Linux 13 (trixie)" },
      outbox: {
        queued: 3,
        rows: [{ stream: "event" }, { stream: "sealed", epoch: EPOCH_A, seq: 0, damaged: null }, { seq: 1 }],
      },
      windows: { sense: [{ seq: 5, short: [[null, 60, 3]] }], forward: [{ seq: 5, waits: true }] },
      trials: [{ what: "configuration", outcome: "returned", code: "update.returned" }],
      journal: { codes: { "device.silent": "some" } },
    });
    const { rows } = bundle.parts.outbox as { rows: object[] };
    expect(Object.keys(rows[0] ?? {})).toEqual(["id", "stream", "epoch", "seq", "at", "damaged"]);
    expect((bundle.parts.journal as { lines: object[] }).lines).toEqual([
      { time: expect.any(String), level: "info", process: "sense", event: "sensor.up", sensor: "gate" },
      expect.objectContaining({ event: "sensor.down", sensor: "gate", code: "device.silent" }),
      { time: expect.any(String), level: "warn", process: "sense", event: "sensor.down" },
      { time: expect.any(String), event: "window.held" },
    ]);
  });

  it("says of the configuration what is set, or where its problems are", () => {
    const sensor = { id: "gate", profile: "generic-jsonl", serial: [{ baudRate: 115_200 }] };
    const good = {
      gateway: { id: "gw07" },
      broker: { host: "mqtt.city.example", port: 8883 },
      sensors: [sensor],
    };
    expect(bundle.parts.configuration).toMatchObject(
      isBroken
        ? { code: "config.invalid", problems: [{ line: 3, column: expect.any(Number) }], good: null }
        : { code: null, problems: [], good },
    );
    expect(bundle.gateway).toBe(isBroken ? null : "denhaag/scheveningen/gw07");
  });
});

/** Nobody answers, and nothing is asked. */
const nobody = (clock = new VirtualClock(T0)): Source =>
  ({ patient: { configuration: { config: null } }, machine: { clock } }) as unknown as Source;

const withMake = (name: string, make: Part["make"]): Part => ({ ...about, name, make });

describe("a part", () => {
  it("that fails is named with its code, and not with what it said", async () => {
    const expected = withMake("expected", async () => {
      throw new TelpostError("outbox.absent", "/var/lib/telpost");
    });
    const defect = withMake("defect", async () => JSON.parse(PLANTED.password));
    const fits = part({ ...about, name: "fits" }, z.object({ sealed: whole }), () => ({
      sealed: 1,
      more: 2,
    }));
    const { manifest, parts } = await collect([expected, defect, fits], nobody());
    expect(manifest.map(({ name, code }) => [name, code])).toEqual([
      ["expected", "outbox.absent"],
      ["defect", "support.defect"],
      ["fits", null],
    ]);
    expect(manifest[0]?.cure).toContain("--state");
    expect(parts).toEqual({ fits: { sealed: 1 } });
    expect(JSON.stringify([manifest, parts])).not.toContain("hunter2");
  });

  it("that hangs is given up after 16 s, and the others are there", async () => {
    const clock = new VirtualClock(T0);
    const hangs = withMake("hangs", () => new Promise(() => {}));
    const made = collect([hangs, withMake("is", async () => 1)], nobody(clock));
    do await new Promise((resolve) => setImmediate(resolve));
    while (clock.nextDue() === undefined);
    clock.advance(16_000);
    const { manifest, parts } = await made;
    expect(manifest.map(({ code }) => code)).toEqual(["support.late", null]);
    expect(parts).toEqual({ is: 1 });
  });

  it("takes the newest of a long list, and leaves out what is not of its shape", () => {
    const numbers = listOf(z.object({ at: z.int() }), 3);
    const list = Array.from({ length: 10 }, (_, at) => ({ at, more: PLANTED.count }));
    expect(numbers.parse([...list, PLANTED.said, null])).toEqual([{ at: 7 }, { at: 8 }, { at: 9 }]);
    expect(numbers.parse(PLANTED.said)).toEqual([]);
  });
});

it("names in its manifest why each part is there and what was left out", () => {
  expect(new Set(ALL_PARTS.map(({ name }) => name)).size).toBe(ALL_PARTS.length);
  for (const { why, leavesOut } of ALL_PARTS)
    expect([why, leavesOut]).toEqual([expect.stringMatching(/.{15}/), expect.stringMatching(/.{15}/)]);
});
