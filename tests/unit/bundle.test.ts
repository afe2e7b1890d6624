import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle } from "../../scripts/build/bundle.ts";
import { notices } from "../../scripts/build/notices.ts";
import { verbs } from "../../src/cli/verbs.ts";

const root = join(import.meta.dirname, "../..");
const arch = process.arch === "arm64" ? "arm64" : "x64";

describe("the bundle that is put on a gateway", () => {
  const out = mkdtempSync(join(tmpdir(), "telpost-bundle-"));
  let bundles: Awaited<ReturnType<typeof bundle>>;
  beforeAll(async () => {
    bundles = await bundle(root, out, arch);
  }, 60_000);
  afterAll(() => rmSync(out, { recursive: true }));

  /** As the units run it: no page is ever writable and executable. Nothing of this checkout is in reach. */
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ["--jitless", ...args], { cwd: out, encoding: "utf8" });

  it("runs without a compiler at run time and without node_modules of its own making", () => {
    const { status, stdout, stderr } = run(join(out, "telpost.cjs"), "version");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it.each(verbs.map((verb) => verb.name))("loads everything that telpost %s needs", (name) => {
    const { status, stderr } = run(join(out, "telpost.cjs"), name, "--help");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("carries its native parts, and each of them works", () => {
    const script = join(out, "try.cjs");
    writeFileSync(
      script,
      `const koffi = require("koffi");
       if (koffi.load("libc.so.6").func("int getpid()")() !== process.pid) throw new Error("koffi");
       if (typeof require("./native/serialport.node").open !== "function") throw new Error("serialport");
       if (typeof require("./native/better_sqlite3.node").Database !== "function") throw new Error("better-sqlite3");`,
    );
    expect(run(script).stderr).toBe("");
  });

  it("leaves out what is never used", () => {
    expect(statSync(join(out, "telpost.cjs")).size).toBeLessThan(2 * 2 ** 20);
    const inside = Object.keys(bundles[0]?.inputs ?? {}).join("\n");
    expect(inside).not.toMatch(/node_modules\/(ws|socks|worker-timers|typescript|vitest|fast-check)\//);
    expect(readdirSync(join(out, "node_modules"))).toEqual(["koffi"]);
  });

  it("names the licence of everybody whose work is in it", () => {
    const text = notices(root, bundles, [join(root, `node_modules/node-linux-${arch}`)]);
    for (const name of [
      "zod",
      "mqtt",
      "pino",
      "jose",
      "koffi",
      "better-sqlite3",
      "@serialport/bindings-cpp",
      `node-linux-${arch}`,
    ]) {
      expect(text).toMatch(new RegExp(`^${name} \\d`, "m"));
    }
    expect(text).not.toMatch(/\(undefined\)|\((A|L)?GPL/);
  });
});
