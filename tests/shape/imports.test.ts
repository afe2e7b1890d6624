import { describe, expect, it } from "vitest";
import { code, importsOf, loadedBy, sources } from "./tree.ts";

/** A folder below sense/ or forward/ is a stage: it knows the base, the model, the configuration, the contract and itself. */
const STAGE = /^src\/(sense|forward)\/[a-z]+\//;
const SHARED = /^src\/(base\/|model(\.ts$|\/)|config\/|contract\/)/;
const FORWARD_SHARED = /^src\/(forward\/ports\.ts|handover\/protocol\.ts)$/;

const inSource = (path: string) => path.startsWith("src/");

/** The imports of some files that a rule forbids, as `file imports target`. */
function offences(
  of: (path: string) => boolean,
  forbidden: (target: string, path: string) => boolean,
): string[] {
  return sources.filter(of).flatMap((path) =>
    importsOf(path)
      .filter(({ target }) => forbidden(target, path))
      .map(({ target }) => `${path} imports ${target}`),
  );
}

describe("imports", () => {
  it("of a stage point to what all share and to itself, never to a neighbour", () => {
    const wrong = offences(
      (path) => STAGE.test(path),
      (target, path) => {
        const own = STAGE.exec(path)?.[0] ?? "";
        const ports = path.startsWith("src/forward/") && FORWARD_SHARED.test(target);
        return inSource(target) && !target.startsWith(own) && !SHARED.test(target) && !ports;
      },
    );
    expect(wrong).toEqual([]);
  });

  it("never lead from sense to forward or the city, nor from forward or the city to sense", () => {
    const between = (from: string, to: RegExp) =>
      offences(
        (path) => path.startsWith(`src/${from}/`),
        (target) => to.test(target),
      );
    expect(between("sense", /^src\/(forward|city|cli)\//)).toEqual([]);
    expect(between("forward", /^src\/(sense|city|cli)\//)).toEqual([]);
    expect(between("city", /^src\/(sense|forward|cli)\//)).toEqual([]);
  });

  it("of the base, the model, the configuration and the contract never point upwards", () => {
    const upwards = /^src\/(sense|forward|city|cli|ops|handover)\//;
    const shared = (path: string) => SHARED.test(path) && path !== "src/config/files.ts";
    expect(offences(shared, (target) => upwards.test(target))).toEqual([]);
  });

  it("of the simulated devices are the base and themselves, so that they are no echo of what they test", () => {
    const own = /^src\/(base|simulators)\//;
    expect(
      offences(
        (path) => path.startsWith("src/simulators/"),
        (target) => inSource(target) && !own.test(target),
      ),
    ).toEqual([]);
  });

  it("of the probe point to what it listens with, and only the command line and the setup use it", () => {
    const allowed = /^src\/(probe|base|config|sense\/(sensor|line))\//;
    const probing = (path: string) => path.startsWith("src/probe/");
    expect(offences(probing, (target) => inSource(target) && !allowed.test(target))).toEqual([]);
    const users = offences(
      (path) =>
        !probing(path) &&
        !/^src\/(cli\/probe|doctor\/checks\/frames)\.ts$/.test(path) &&
        !path.startsWith("src/setup/"),
      (target) => probing(target),
    );
    expect(users).toEqual([]);
    // What judges never opens a port: only the run does.
    const openers = offences(
      (path) => probing(path) && path !== "src/probe/run.ts",
      (target) => target.startsWith("src/sense/line/serial-line") || target.startsWith("@serialport/"),
    );
    expect(openers).toEqual([]);
  });

  it("of the sniff point to what it listens with, and only sense and its commands use it", () => {
    const own = (path: string) => path.startsWith("src/sniff/");
    const allowed = /^src\/(sniff|base|config|sense\/sensor)\/|^src\/model\.ts$/;
    expect(offences(own, (target) => inSource(target) && !allowed.test(target))).toEqual([]);
    expect(offences(own, (target) => target.startsWith("node:"))).toEqual([]);
    const users = /^src\/(cli\/sniff|sense\/(sniff-desk|walk-bytes))\.ts$/;
    expect(offences((path) => !own(path) && !users.test(path), own)).toEqual([]);
  });

  it("of the fleet point to no part of a running gateway, and only its folder is written and read", () => {
    const own = (path: string) => path.startsWith("src/fleet/");
    const allowed = /^src\/(fleet|base|config|contract|keys)\/|^src\/city\/site\.ts$/;
    expect(offences(own, (target) => inSource(target) && !allowed.test(target))).toEqual([]);
    const pure = (path: string) => own(path) && path !== "src/fleet/folder.ts";
    expect(offences(pure, (target) => target === "node:fs")).toEqual([]);
    const users = offences((path) => !own(path) && path !== "src/cli/fleet.ts", own);
    expect(users).toEqual([]);
  });

  it("of the setup make nothing of the machine but in one file, and take only types of running processes", () => {
    const own = (path: string) => path.startsWith("src/setup/");
    const running = /^src\/(sense|forward|handover|city)\//;
    const loaded = sources.filter(own).flatMap((path) => importsOf(path).filter((one) => !one.typesOnly));
    expect(loaded.filter(({ target }) => running.test(target))).toEqual([]);
    const touching = offences(
      (path) => own(path) && path !== "src/setup/machine.ts",
      (target) => target === "node:child_process" || target === "src/probe/run.ts",
    );
    expect(touching).toEqual([]);
    const users = offences((path) => !own(path) && path !== "src/cli/setup.ts", own);
    expect(users).toEqual([]);
  });

  it("of the doctor hold nothing that writes, and those that forward may use know no sense", () => {
    const own = (path: string) => path.startsWith("src/doctor/");
    const writers = /\b(write|append|mkdir|rm|unlink|rename|chmod|chown|truncate|symlink|copy)\w*(Sync)?\(/;
    expect(
      sources.filter((path) => own(path) && writers.test(code(path).replaceAll(/\.write\b/g, ""))),
    ).toEqual([]);
    const remote = [...loadedBy("src/doctor/remote.ts").keys()];
    expect(remote.length).toBeGreaterThan(20);
    expect(
      remote.filter((path) =>
        /^src\/(sense|city|cli|probe)\/|^@serialport\/|^node:child_process$|this-machine/.test(path),
      ),
    ).toEqual([]);
    const touching = offences(
      (path) => own(path) && path !== "src/doctor/this-machine.ts",
      (target) => target === "node:child_process",
    );
    expect(touching).toEqual([]);
  });
  it.each(["explain", "top"])(
    "of %s touch no machine and no running process, and only its command uses them",
    (name) => {
      const own = (path: string) => path.startsWith(`src/${name}/`);
      // When a key is told to expire is a decision on values.
      const running = /^src\/(sense\/(?!key-alarm\.ts$)|forward\/|handover\/|city\/)/;
      const loaded = sources.filter(own).flatMap((path) => importsOf(path).filter((one) => !one.typesOnly));
      expect(loaded.length).toBeGreaterThan(5);
      expect(loaded.filter(({ target }) => running.test(target) || target.startsWith("node:"))).toEqual([]);
      expect(offences((path) => !own(path) && path !== `src/cli/${name}.ts`, own)).toEqual([]);
    },
  );

  it("of the support bundle open no file, so that none can be copied, and only its command uses them", () => {
    const own = (path: string) => path.startsWith("src/support/");
    const files = /^node:(?!os$)|^better-sqlite3$|^src\/(forward|city|handover|cli)\//;
    const loaded = sources.filter(own).flatMap((path) => importsOf(path).filter((one) => !one.typesOnly));
    expect(loaded.length).toBeGreaterThan(40);
    expect(loaded.filter(({ target }) => files.test(target))).toEqual([]);
    expect(offences((path) => !own(path) && path !== "src/cli/support-bundle.ts", own)).toEqual([]);
    // Every part is made by `part`, which sends what was looked at through a shape.
    const parts = sources.filter((path) => path.startsWith("src/support/parts/"));
    expect(
      parts.filter(
        (path) => !/= part\(/.test(code(path)) || /\b(loose|passthrough|unknown\(\)\))/.test(code(path)),
      ),
    ).toEqual([]);
  });

  it("of an update decide without the machine, and are known only to the command line", () => {
    const own = (path: string) => path.startsWith("src/update/");
    const commands = /^src\/update\/(machine|workshop|rebuild)\.ts$/;
    const touching = offences(
      (path) => own(path) && !commands.test(path),
      (target) => target === "node:child_process" || commands.test(target),
    );
    expect(touching).toEqual([]);
    const deciding = (path: string) =>
      /^src\/(update\/(trial|judge|outcome)|config\/last-good)\.ts$/.test(path);
    expect(offences(deciding, (target) => target.startsWith("node:"))).toEqual([]);
    const running = /^src\/(sense|forward|handover|city|setup)\//;
    const loaded = sources.filter(own).flatMap((path) => importsOf(path).filter((one) => !one.typesOnly));
    expect(loaded.filter(({ target }) => running.test(target))).toEqual([]);
    expect(offences((path) => !own(path) && !path.startsWith("src/cli/"), own)).toEqual([]);
  });

  it("of the contract are zod and the model, so that the city can take it alone", () => {
    const allowed = /^(zod|src\/model\.ts|src\/contract\/.*)$/;
    expect(
      offences(
        (path) => path.startsWith("src/contract/"),
        (target) => !allowed.test(target),
      ),
    ).toEqual([]);
  });
});

describe("what is loaded", () => {
  const sense = loadedBy("src/cli/sense.ts");
  const forward = loadedBy("src/cli/forward.ts");
  const found = (loaded: Map<string, string>, pattern: RegExp) =>
    [...loaded].filter(([target]) => pattern.test(target)).map(([target, by]) => `${by} loads ${target}`);

  it("by the sense process holds no MQTT, no database, no forward and no city", () => {
    expect(sense.size).toBeGreaterThan(20);
    expect(
      found(
        sense,
        /^(mqtt|aedes|better-sqlite3|node:(tls|http|https|http2|dgram|dns).*|src\/(forward|city)\/.*)$/,
      ),
    ).toEqual([]);
  });

  it("by the sense process reaches a socket only through the handover and the control socket", () => {
    const users = sources.filter(
      (path) => sense.has(path) && importsOf(path).some((one) => one.target === "node:net" && !one.typesOnly),
    );
    expect(users.filter((path) => !/^src\/(handover\/|ops\/|base\/listen\.ts$)/.test(path))).toEqual([]);
    expect(users.length).toBeGreaterThan(0);
  });

  it("by the forward process holds no sensor, no serial port and nothing that could open a message", () => {
    expect(forward.size).toBeGreaterThan(20);
    expect(found(forward, /^(@serialport\/.*|src\/(sense|city)\/.*)$/)).toEqual([]);
  });
});
