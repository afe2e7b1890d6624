import { execFile } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { replayConfig } from "../../kit/replayed.ts";
import { TELPOST, Telpost, telpost } from "../../kit/telpost.ts";
import { until } from "../../kit/until.ts";

let folder: string;
const inFolder = (name: string) => join(folder, name);
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A configuration whose every path is missing or is not what it should be. */
function configFile(name: string, broken = false): string {
  const file = inFolder(name);
  const port = inFolder("no-such-port");
  writeFileSync(
    file,
    replayConfig(
      [`id: gate, profile: generic-jsonl, ${broken ? "prot" : "port"}: ${port}`],
      "profile: street",
    ),
  );
  return file;
}

describe("exit codes and last words", () => {
  it.each([
    [[], 0, /^telpost \d+\.\d+\.\d+/, /^$/],
    [["help", "check"], 0, /^telpost check: /, /^$/],
    [["check", "--help"], 0, /^telpost check: /, /^$/],
    [["version"], 0, /^\d+\.\d+\.\d+\n$/, /^$/],
    [["chekc"], 2, /^$/, /^usage\.unknown_verb: .*"chekc"\. Did you mean check\? Run: telpost help\n$/],
    [["help", "statsu"], 2, /^$/, /Did you mean status\?/],
    [
      ["check", "--confg", "x"],
      2,
      /^$/,
      /^usage\.bad_arguments: .*'--confg'.* Did you mean --config\? Run: telpost help check\n$/,
    ],
    [["check", "telpost.yaml"], 2, /^$/, /^usage\.bad_arguments: Unexpected argument 'telpost\.yaml'\./],
    [["check", "--config"], 2, /^$/, /^usage\.bad_arguments: .*missing/],
    [["keys", "nonsense"], 2, /^$/, /^usage\.bad_arguments: /],
    [["replay", "--config", "x"], 2, /^$/, /^usage\.bad_arguments: .*no recording/],
    [
      ["check", "--config", "/nowhere/telpost.yaml"],
      3,
      /^$/,
      /^config\.unreadable: .*ENOENT.* ls -l FILE\n$/,
    ],
    [["sense", "--config", "/nowhere/telpost.yaml"], 3, /^$/, /^config\.unreadable: /],
    [
      ["status", "--runtime", "/nowhere", "--crash", "/nowhere"],
      4,
      /^sense {4}not running\..*\nforward {2}not running\./,
      /^$/,
    ],
    [
      ["status", "--json", "--runtime", "/nowhere", "--crash", "/nowhere"],
      4,
      /^\{"sense":null,"forward":null,"trials":\[\]\}\n$/,
      /^$/,
    ],
  ] as const)("telpost %j ends with %i", async (args, code, out, err) => {
    const ended = await telpost(args);
    expect({ ...ended, signal: null }).toEqual({
      code,
      signal: null,
      out: expect.stringMatching(out),
      err: expect.stringMatching(err),
    });
  });

  it("shows every problem and starts nothing when a process gets a bad configuration", async () => {
    const file = configFile("bad.yaml", true);
    for (const verb of ["sense", "forward", "run", "replay"]) {
      const extra = verb === "replay" ? ["recording.ndjson"] : [];
      const { code, out, err } = await telpost([verb, "--config", file, ...extra]);
      expect([verb, code, out]).toEqual([verb, 3, ""]);
      expect(err).toContain(`${file}:6:5 sensors.0.port: missing; write text\n`);
      expect(err).toContain('sensors.0.prot: unknown key "prot"; did you mean port?\n');
      expect(err).toMatch(/2 problems; nothing was started\.\n$/);
    }
  });
});

it("telpost check opens nothing that the configuration names", async () => {
  // Opening a FIFO for reading would wait for ever; the other files are missing.
  await new Promise((resolve) =>
    execFile(
      "mkfifo",
      ["gateway-key.jwk", "city-root.jwk", "city-keys.jws", "no-such-port"].map(inFolder),
      resolve,
    ),
  );
  const { code, out } = await telpost(["check", "--config", configFile("telpost.yaml")]);
  expect([code, out]).toEqual([
    0,
    `${inFolder("telpost.yaml")}: good. 1 sensors, 1 records a window, mechanism discrete-laplace.\n`,
  ]);
  for (const name of ["gateway-key.jwk", "city-root.jwk", "city-keys.jws", "no-such-port"])
    rmSync(inFolder(name));
  expect((await telpost(["check", "--config", configFile("telpost.yaml")])).code).toBe(0);
});

it("telpost check says which profiles are experimental", async () => {
  const own = [
    "id: gate, profile: terabee-people-counter, port: /dev/a",
    "id: radar, profile: dfrobot-c4001, port: /dev/b",
  ];
  writeFileSync(inFolder("devices.yaml"), replayConfig(own, "profile: street"));
  const { code, out } = await telpost(["check", "--config", inFolder("devices.yaml")]);
  expect(code).toBe(0);
  expect(out.split("\n").slice(1)).toEqual([
    "sensor gate: terabee-people-counter is experimental: no frame of a real device was seen. Compare a day with a hand count.",
    "",
  ]);
});

it("telpost check says what the second driver of GPIO lines loses", async () => {
  const gpio = (driver: string) => `gpio: { chip: pinctrl-rp1, driver: ${driver}, line: 17 }`;
  const out = async (driver: string) => {
    writeFileSync(
      inFolder("gpio.yaml"),
      replayConfig([`id: gate, profile: gpio-pulse, ${gpio(driver)}`], "profile: street"),
    );
    return (await telpost(["check", "--config", inFolder("gpio.yaml")])).out;
  };
  expect(await out("onoff")).toMatch(/^sensor gate: gpio.driver onoff loses every edge but the last while/m);
  expect(await out("character-device")).not.toContain("loses");
});

it("ends without a stack when its reader goes away", async () => {
  const sensor = { length: 2_000 };
  const bad = Array.from(sensor, (_, n) => `id: s${n}, profile: generic-jsonl, port: /dev/x, wrong: ${n}`);
  writeFileSync(inFolder("many.yaml"), replayConfig(bad, "profile: street"));
  const script = `sh "$0" "$1" check --config "$2" | head -1; sh "$0" "$1" help 2>&1 >&- | head -1`;
  const { stdout, stderr } = await new Promise<{ stdout: string; stderr: string }>((resolve) =>
    execFile("sh", ["-c", script, ...TELPOST, inFolder("many.yaml")], (_, stdout, stderr) =>
      resolve({ stdout, stderr }),
    ),
  );
  expect(stdout.split("\n")[0]).toContain("many.yaml:");
  expect(stderr).toBe("");
});

describe("without a suitable Node", () => {
  /** A tree with the launcher alone, and a PATH whose node is what the test says. */
  function launcher(node?: string): {
    run: () => Promise<{ code: unknown; stderr: string; stdout: string }>;
  } {
    const tree = mkdtempSync(join(folder, "tree-"));
    mkdirSync(join(tree, "scripts"));
    mkdirSync(join(tree, "bin"));
    copyFileSync(TELPOST[0], join(tree, "scripts/n24"));
    if (node !== undefined) {
      writeFileSync(join(tree, "bin/node"), node);
      chmodSync(join(tree, "bin/node"), 0o755);
    }
    const env = { PATH: `${tree}/bin:/usr/bin:/bin` };
    const run = () =>
      new Promise<{ code: unknown; stderr: string; stdout: string }>((resolve) =>
        execFile("/bin/sh", [join(tree, "scripts/n24"), "-p", "1"], { env }, (error, stdout, stderr) =>
          resolve({ code: error?.code ?? 0, stdout, stderr }),
        ),
      );
    return { run };
  }

  it("says in one line what is missing and ends with 78", async () => {
    const { code, stdout, stderr } = await launcher("#!/bin/sh\nexit 1\n").run();
    expect([code, stdout]).toEqual([78, ""]);
    expect(stderr).toMatch(/^telpost: no Node 22\.18 or newer found .*Run: npm ci --include=optional\n$/);
  });

  it("takes a node of the PATH that is new enough", async () => {
    const { code, stdout } = await launcher(`#!/bin/sh\nexec ${process.execPath} "$@"\n`).run();
    expect([code, stdout]).toEqual([0, "1\n"]);
  });
});

describe("telpost keys", () => {
  it("writes private keys for their owner only, never over another, and never shows one", async () => {
    const [key, root, pinned, ring, set] = [
      "gateway-key.jwk",
      "root-private.jwk",
      "root.jwk",
      "ring.jwks",
      "set.jws",
    ].map((name) => inFolder(`k-${name}`)) as [string, string, string, string, string];
    const made = [
      await telpost(["keys", "gateway", "--out", key]),
      await telpost(["keys", "root", "--out", root, "--public", pinned]),
      await telpost(["keys", "city", "--root", root, "--ring", ring, "--set", set]),
      await telpost(["keys", "show", "--root", pinned, "--set", set]),
    ];
    expect(made.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect([key, root, ring].map((file) => statSync(file).mode & 0o777)).toEqual([0o600, 0o600, 0o600]);
    const secrets = [key, root, ring].flatMap((file) =>
      [...readFileSync(file, "utf8").matchAll(/"d": ?"([^"]+)"/g)].map((match) => match[1] ?? ""),
    );
    expect(secrets).toHaveLength(3);
    for (const { out, err } of made) for (const secret of secrets) expect(out + err).not.toContain(secret);
    for (const secret of secrets)
      expect(readFileSync(pinned, "utf8") + readFileSync(set, "utf8")).not.toContain(secret);

    const before = [key, root].map((file) => readFileSync(file, "utf8"));
    for (const args of [
      ["gateway", "--out", key],
      ["root", "--out", root, "--public", inFolder("k-other.jwk")],
    ]) {
      const again = await telpost(["keys", ...args]);
      expect([again.code, again.out]).toEqual([1, ""]);
      expect(again.err).toMatch(/^key\.unwritable: .*never overwritten/);
    }
    expect([key, root].map((file) => readFileSync(file, "utf8"))).toEqual(before);
    expect(existsSync(inFolder("k-other.jwk"))).toBe(false);
    expect(readdirSync(folder).filter((name) => name.endsWith(".new"))).toEqual([]);
  });
});

it("opens no inspector on SIGUSR1, at any moment from its start on", async () => {
  const fifo = inFolder("never-written.ndjson");
  await new Promise((resolve) => execFile("mkfifo", [fifo], resolve));
  const config = configFile("signal.yaml");
  const runs: Telpost[] = [];
  onTestFinished(() => {
    for (const { child } of runs) child.kill("SIGKILL");
  });
  for (const delayMs of [10, 30, 60, 100, 150, 250, 1_500]) {
    const run = new Telpost(["replay", "--config", config, fifo]);
    runs.push(run);
    // The shell of the launcher would die of the signal; from here on it is Node, still loading.
    await until(() => readlinkSync(`/proc/${run.child.pid}/exe`).endsWith("/node"), "node runs");
    await wait(delayMs);
    run.child.kill("SIGUSR1");
    await wait(100);
    expect(await inspectorAnswers()).toBe(false);
  }
  // One that is up takes no notice; one that is still loading may end.
  expect(runs.at(-1)?.child.signalCode).toBeNull();
  for (const { child } of runs) child.kill("SIGKILL");
  for (const { ended } of runs) expect((await ended).err).toBe("");
});

async function inspectorAnswers(): Promise<boolean> {
  const socket = connect(9229, "127.0.0.1");
  const answer = await Promise.race([
    once(socket, "connect").then(() => true),
    once(socket, "error").then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return answer;
}
