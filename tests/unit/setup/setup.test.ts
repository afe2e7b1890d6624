import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { parseConfig } from "../../../src/config/parse.ts";
import { readKeyPair } from "../../../src/keys/files.ts";
import { type Answers, parseAnswers } from "../../../src/setup/answers.ts";
import type { Machine } from "../../../src/setup/ports.ts";
import { runSetup } from "../../../src/setup/setup.ts";
import { deviceProfile } from "../../kit/devices.ts";
import { reportWith, ScriptedMachine, ScriptedPerson } from "../../kit/setup.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-setup-"));
  file = join(folder, "telpost.yaml");
});
afterEach(() => rmSync(folder, { recursive: true }));

const profiles = [
  deviceProfile("gpio-pulse"),
  deviceProfile("gpio-two-beam"),
  deviceProfile("hilink-ld2450"),
  deviceProfile("ebyte-e8xx-pulse"),
];
const at = (name: string) => join(folder, name);
const text = () => readFileSync(file, "utf8");
const parsed = () => parseConfig(text(), profiles);

const WHO = `gateway: { tenant: denhaag, site: scheveningen, id: gw07 }
broker: { url: mqtts://mqtt.city.example:8883, ack: city }
`;
const GATE = "sensors: [{ id: gate-1, profile: generic-jsonl, port: /dev/null }]\n";
const RADAR = [
  "sensors:",
  "  - id: sensor-1",
  "    profile: hilink-ld2450",
  "    port: /dev/ttyUSB0",
  "    lines: # CHOOSE: where people are counted, in metres",
  "      - { id: line-1, from: [-2, 2.5], to: [2, 2.5], in: left }",
];
const COUNTER = [
  "sensors:",
  "  - id: sensor-1",
  "    profile: ebyte-e8xx-pulse",
  "    port: /dev/ttyUSB0",
  "    e831: false # CHOOSE: true or false",
];

function answers(yaml: string): Answers {
  const read = parseAnswers(yaml);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.value;
}

interface Run {
  readonly given?: string;
  readonly person?: ScriptedPerson;
  readonly machine?: Machine;
  readonly force?: boolean;
  readonly from?: string;
  readonly clock?: VirtualClock;
  readonly signal?: AbortSignal;
}

function setup({ given = "", person = new ScriptedPerson(), machine = new ScriptedMachine(), ...rest }: Run) {
  const { from, force = false, clock = new VirtualClock(0), signal = new AbortController().signal } = rest;
  return runSetup({
    file,
    answers: given ? answers(given) : { ports: {} },
    person,
    machine,
    profiles,
    clock,
    signal,
    force,
    start: true,
    waitSeconds: 60,
    ...(from !== undefined && { from }),
  });
}

describe("telpost setup", () => {
  it("writes a configuration that check takes, makes the key, and prints the line of the site file", async () => {
    const person = new ScriptedPerson();
    expect(await setup({ given: WHO + GATE, person })).toBe(false);
    expect(parsed()).toMatchObject({
      ok: true,
      value: {
        gateway: { id: "gw07" },
        broker: { ack: "city", cert: "gw07.pem" },
        sensors: [{ id: "gate-1" }],
      },
    });
    const key = readKeyPair(at("gateway-key.jwk"), "Ed25519");
    expect(statSync(at("gateway-key.jwk")).mode & 0o777).toBe(0o600);
    expect(person.said).toContain(
      `  - { id: denhaag/scheveningen/gw07, key: { kty: OKP, crv: Ed25519, x: "${key.publicJwk.x}" } }`,
    );
    expect(JSON.parse(readFileSync(at("gw07.public.jwk"), "utf8"))).toEqual(key.publicJwk);
    expect(person.said.filter((line) => line.startsWith("- ")).map((line) => line.split(" ")[1])).toEqual([
      "city-root.jwk",
      "city-keys.jws",
      "gw07.key",
      "gw07.pem",
    ]);
    expect(person.said.join("\n")).toContain("-subj '/CN=denhaag\\/scheveningen\\/gw07'");
  });

  it("changes nothing when it runs again, and never the key", async () => {
    await setup({ given: WHO + GATE });
    const before = readdirSync(folder).map((name) => [name, readFileSync(at(name), "utf8")]);
    const person = new ScriptedPerson();
    await setup({ given: WHO + GATE, person });
    expect(readdirSync(folder).map((name) => [name, readFileSync(at(name), "utf8")])).toEqual(before);
    expect(person.said).toContain(`${file} is kept as it is.`);
  });

  it("takes what the city and the broker's operator gave from the folder of the answers, but no gateway key", async () => {
    const from = at("stick");
    mkdirSync(from);
    for (const name of ["city-root.jwk", "ca.pem", "gw07.key", "gateway-key.jwk", "other.pem"])
      writeFileSync(join(from, name), `${name} of the stick`);
    writeFileSync(at("ca.pem"), "kept");
    const person = new ScriptedPerson();
    const given = WHO.replace("ack", "ca: ca.pem, ack") + GATE;
    expect(await setup({ given, person, from })).toBe(false);
    expect(person.said).toContain(`From ${from}: city-root.jwk, gw07.key.`);
    expect(readFileSync(at("city-root.jwk"), "utf8")).toBe("city-root.jwk of the stick");
    expect(readFileSync(at("ca.pem"), "utf8")).toBe("kept");
    expect(statSync(at("gw07.key")).mode & 0o777).toBe(0o600);
    expect(readFileSync(at("gateway-key.jwk"), "utf8")).not.toContain("stick");
    expect(existsSync(at("other.pem"))).toBe(false);
    expect(person.said.filter((line) => line.startsWith("- ")).map((line) => line.split(" ")[1])).toEqual([
      "city-keys.jws",
      "gw07.pem",
    ]);
  });

  it("asks a person for what it must know, and nothing else", async () => {
    const said = {
      "gateway.tenant": "denhaag",
      "gateway.site": "plein",
      "gateway.id": "gw9",
      broker: "mqtts://b.example",
    };
    const port = "/dev/serial/by-id/usb-radar";
    const person = new ScriptedPerson({ ...said, probe: "y", "probe.0.set.lines": "-2 1.5 2 1.5 right" });
    const machine = new ScriptedMachine({
      ports: [port],
      reports: { [port]: reportWith(port, { "hilink-ld2450": RADAR }) },
    });
    await setup({ person, machine });
    expect(person.asked).toEqual([
      "gateway.tenant",
      "gateway.site",
      "gateway.id",
      "broker",
      "broker.ack",
      "probe",
      "probe.ask",
      "probe.id",
      "probe.0.set.lines",
    ]);
    expect(parsed()).toMatchObject({
      ok: true,
      value: { sensors: [{ id: "sensor-1", lines: [{ from: [-2, 1.5], to: [2, 1.5], in: "right" }] }] },
    });
  });

  it("asks for the lines of contacts, which nobody can find by listening", async () => {
    const said = {
      "gateway.tenant": "denhaag",
      "gateway.site": "plein",
      "gateway.id": "gw9",
      broker: "mqtts://b.example",
    };
    const person = new ScriptedPerson(said, ["17", "y", "4", "n", "none"]);
    const chips = [
      { label: "pinctrl-rp1", lines: 54 },
      { label: "/dev/gpiochip9", lines: 0 },
    ];
    await setup({ person, machine: new ScriptedMachine({ chips }) });
    const place = { kind: "gpio", chip: "pinctrl-rp1" };
    expect(parsed()).toMatchObject({
      ok: true,
      value: {
        sensors: [
          { id: "contact-1", place: { ...place, lines: { pulse: 17 }, bias: "pull-up", activeLow: true } },
          {
            id: "contact-2",
            place: { ...place, lines: { pulse: 4 }, bias: "pull-down", activeLow: false },
          },
        ],
      },
    });
  });

  it("asks for the lines of two beams, and which way is in", async () => {
    const said = {
      "gateway.tenant": "denhaag",
      "gateway.site": "plein",
      "gateway.id": "gw9",
      broker: "mqtts://b.example",
    };
    const person = new ScriptedPerson(said, ["17 27", "n", "n", "5  6", "y", "y", "4", "y", "none"]);
    const chips = [{ label: "pinctrl-rp1", lines: 54 }];
    await setup({ person, machine: new ScriptedMachine({ chips }) });
    const place = { kind: "gpio", chip: "pinctrl-rp1", bias: "pull-up", debounceMs: 5 };
    expect(parsed()).toMatchObject({
      ok: true,
      value: {
        sensors: [
          {
            id: "beams-1",
            place: { ...place, lines: { a: 17, b: 27 }, activeLow: false },
            settings: { in: "b-first" },
          },
          {
            id: "beams-2",
            place: { ...place, lines: { a: 5, b: 6 }, activeLow: true },
            settings: { in: "a-first" },
          },
          { id: "contact-3", place: { lines: { pulse: 4 } } },
        ],
      },
    });
  });

  it.each(["54", "17 17", "1 2 3", "17,27", "-1", "a b"])(
    "does not take %j for lines of a chip",
    async (answer) => {
      const who = { "gateway.tenant": "denhaag", "gateway.site": "plein", "gateway.id": "gw9" };
      const person = new ScriptedPerson({ ...who, broker: "mqtts://b.example" }, [answer]);
      const machine = new ScriptedMachine({ chips: [{ label: "pinctrl-rp1", lines: 54 }] });
      await expect(setup({ person, machine })).rejects.toThrow("One or two lines of this chip");
    },
  );

  it("takes values that only the person on the spot knows from the answers", async () => {
    const port = "/dev/null";
    const given = `${WHO}probe: [{ id: gate, port: ${port}, ask: true, set: { e831: true } }]\n`;
    const machine = new ScriptedMachine({
      reports: { [port]: reportWith(port, { "ebyte-e8xx-pulse": COUNTER }) },
    });
    await setup({ given, machine });
    expect(parsed()).toMatchObject({
      ok: true,
      value: { sensors: [{ id: "gate", settings: { e831: true } }] },
    });
    expect(machine.done[0]).toBe("probe /dev/null asking");
    rmSync(file);
    await expect(setup({ given: given.replace("e831: true", ""), machine })).rejects.toMatchObject({
      code: "setup.unanswered",
      detail: "probe.0.set.e831",
    });
    expect(existsSync(file)).toBe(false);
  });

  it("lets the label decide where several fit, and goes no further where none does", async () => {
    const reports = {
      "/dev/a": reportWith("/dev/a", { "hilink-ld2450": RADAR, "ebyte-e8xx-pulse": COUNTER }),
      "/dev/b": reportWith("/dev/b", {}, ["Nothing came. Check power."]),
    };
    const machine = new ScriptedMachine({ reports });
    const person = new ScriptedPerson();
    const wanted = (port: string, more = "") =>
      `${WHO}probe: [{ id: gate, port: ${port}, set: { e831: true }${more} }]\n`;
    await expect(setup({ given: wanted("/dev/a"), machine })).rejects.toMatchObject({
      code: "setup.unanswered",
      detail: "probe.0.profile",
    });
    await setup({ given: wanted("/dev/a", ", profile: ebyte-e8xx-pulse"), machine });
    expect(text()).toContain("ebyte-e8xx-pulse");
    await expect(setup({ given: wanted("/dev/b"), machine, person })).rejects.toMatchObject({
      code: "setup.no_sensor",
    });
    expect(person.said).toContain("- Nothing came. Check power.");
  });

  it("puts the sensors of a base at the ports where they are here", async () => {
    writeFileSync(
      at("base.yaml"),
      `${WHO.replace("id: gw07", "id: gw07, key: k.jwk")}city: { root: r, keys: k }\n${GATE.replace("/dev/null", "/dev/nowhere")}`,
    );
    const given = `base: ${at("base.yaml")}\n`;
    await setup({ given: `${given}ports: { gate-1: /dev/zero }\n` });
    expect(parsed()).toMatchObject({ ok: true, value: { sensors: [{ port: "/dev/zero" }] } });
    const machine = new ScriptedMachine({ ports: ["/dev/full", "/dev/random"] });
    await setup({ given, machine, person: new ScriptedPerson({ "ports.gate-1": "2" }) });
    expect(parsed()).toMatchObject({ ok: true, value: { sensors: [{ port: "/dev/random" }] } });
  });

  it("never overwrites what somebody wrote without being told, and then keeps a copy", async () => {
    await setup({ given: WHO + GATE });
    writeFileSync(file, `${text()}# tuned by hand\n`);
    const tuned = text();
    const other = WHO.replace("ack: city", "ack: broker") + GATE;
    await expect(setup({ given: other })).rejects.toMatchObject({ code: "setup.exists" });
    expect(text()).toBe(tuned);
    await setup({ given: other, force: true });
    expect(text()).toContain("ack: broker");
    expect(readFileSync(`${file}.1`, "utf8")).toBe(tuned);
    // Its own, unchanged, is nobody's; so is the example that the package brings.
    await setup({ given: WHO + GATE });
    expect(text()).toContain("ack: city");
    writeFileSync(file, readFileSync(new URL("../../../deploy/telpost.yaml", import.meta.url)));
    await setup({ given: WHO + GATE });
    expect(readFileSync(`${file}.3`, "utf8")).toContain("tenant: example");
  });

  it("does not change the port in what somebody wrote unless it is told to", async () => {
    await setup({ given: WHO + GATE.replace("/dev/null", "/dev/nowhere") });
    writeFileSync(file, `${text()}# tuned by hand\n`);
    const person = new ScriptedPerson({ "ports.gate-1": "/dev/zero" });
    await expect(setup({ person })).rejects.toMatchObject({ code: "setup.exists" });
    expect(text()).toContain("/dev/nowhere");
    await setup({ person, force: true });
    expect(parsed()).toMatchObject({ ok: true, value: { sensors: [{ port: "/dev/zero" }] } });
  });

  it("begins no step after Ctrl-C", async () => {
    const stop = new AbortController();
    const machine = new ScriptedMachine({ systemd: true });
    machine.giveKeys = () => {
      stop.abort();
      return true;
    };
    for (const name of ["city-root.jwk", "city-keys.jws", "gw07.pem", "gw07.key"])
      writeFileSync(at(name), "");
    const given = WHO + GATE;
    await expect(setup({ given, machine, signal: stop.signal })).rejects.toMatchObject({
      code: "setup.stopped",
    });
    expect(machine.done).not.toContain("start");
    rmSync(file);
    await expect(setup({ given, machine, signal: stop.signal })).rejects.toMatchObject({
      code: "setup.stopped",
    });
    expect(existsSync(file)).toBe(false);
  });

  it("writes nothing that check would not take", async () => {
    const person = new ScriptedPerson();
    await expect(setup({ given: WHO + GATE.replace("port", "prot"), person })).rejects.toMatchObject({
      code: "config.invalid",
    });
    expect(person.said.join("\n")).toContain('unknown key "prot"; did you mean port?');
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("the first window", () => {
  type Status = Awaited<ReturnType<Machine["status"]>>;
  const forward = { sense: "connected", outbox: { queued: 0 }, uplink: { state: "connected", code: null } };
  const status = (sense: object, more: object = {}) =>
    ({
      sense: {
        epoch: "a",
        sealed: 0,
        unkept: 0,
        waiting: 0,
        handover: "connected",
        clockSynced: true,
        cityKey: "k",
        cityKeyUntilMs: null,
        sensors: [],
        ...sense,
      },
      forward: { ...forward, ...more },
    }) as unknown as Status;

  /** Files that the start needs, and a run that goes on with virtual time. */
  async function started(statuses: readonly Status[]) {
    for (const name of ["city-root.jwk", "city-keys.jws", "gw07.pem", "gw07.key"])
      writeFileSync(at(name), "");
    const person = new ScriptedPerson();
    const clock = new VirtualClock(0);
    const machine = new ScriptedMachine({ statuses, systemd: true });
    const ending = setup({ given: WHO + GATE, person, machine, clock }).then(
      (done) => ({ done }),
      (failure: unknown) => ({ failure }),
    );
    let ended = false;
    void ending.finally(() => {
      ended = true;
    });
    while (!ended) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(100);
    }
    return { ...(await ending), said: person.said, done: machine.done };
  }

  it("has come when sense sealed another one and forward keeps it", async () => {
    const result = await started([
      status({ sealed: 7 }),
      status({ sealed: 7 }),
      status({ sealed: 8, unkept: 1 }),
      status({ sealed: 8 }),
    ]);
    expect(result).toMatchObject({
      done: ["give keys", "start"],
    });
    expect(result.said).toContain("The first window is sealed and kept in the outbox.");
    expect(result.said).toContain("It was delivered.");
  });

  it("has not come while forward does not keep it", async () => {
    const result = await started([status({}), status({ sealed: 1, unkept: 1 })]);
    expect(result).toMatchObject({ failure: { code: "setup.no_window" } });
  });

  it("may be the first of a new epoch", async () => {
    const { said } = await started([status({ sealed: 7 }), status({ epoch: "b", sealed: 1 })]);
    expect(said).toContain("The first window is sealed and kept in the outbox.");
  });

  it("says why it waits for the broker, and which sensor is not there", async () => {
    const waiting = { outbox: { queued: 2 }, uplink: { state: "connecting", code: "broker.unreachable" } };
    const down = { sealed: 1, sensors: [{ id: "gate-1", link: "down", code: "device.absent" }] };
    const { said } = await started([status({}), status(down, waiting)]);
    expect(said.join("\n")).toMatch(/waits there: broker\.unreachable: .*nc -vz/);
    expect(said.join("\n")).toContain("Sensor gate-1 is down: device.absent");
  });

  it.each([
    [status({}), "the window is still open"],
    [status({ waiting: 1, cityKey: null }), "No city key can be used"],
    [status({ waiting: 1, clockSynced: false }), "The clock was never set"],
    [status({ handover: "absent" }), "have not met"],
    [{ sense: null, forward: null } as Status, "telpost-sense does not answer"],
  ])("that does not come ends with what is known of the reason: %#", async (one, why) => {
    const result = await started([one]);
    expect(result).toMatchObject({
      failure: { code: "setup.no_window", detail: expect.stringContaining(why) },
    });
    expect(result.said).toContainEqual(expect.stringContaining("still waiting"));
  });
});
