import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { bundle, PROGRAMS } from "../../scripts/build/bundle.ts";
import { componentsOf } from "../../scripts/build/components.ts";
import { contentsOf, contentsPage } from "../../scripts/build/contents.ts";
import { copyrightFile } from "../../scripts/build/copyright.ts";
import { verbs } from "../../src/cli/verbs.ts";

const root = join(import.meta.dirname, "../..");
const arch = process.arch === "arm64" ? "arm64" : "x64";

describe("the bundle that is put on a gateway", () => {
  const out = mkdtempSync(join(tmpdir(), "telpost-bundle-"));
  let bundles: Awaited<ReturnType<typeof bundle>>;
  beforeAll(async () => {
    bundles = await bundle(root, out, arch);
  });
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

  it.each(["sense", "forward"])("starts telpost %s from a bundle of its own", (name) => {
    const program = join(out, `telpost-${name}.cjs`);
    expect(run(program, name, "--help")).toMatchObject({ status: 0, stderr: "" });
    // Far enough that everything it needs was loaded: it reads the configuration, and finds none.
    const started = run(program, name, "--config", join(out, "nothing.yaml"));
    expect(started).toMatchObject({ status: 3, stderr: expect.stringMatching(/^config\.unreadable: /) });
    const other = run(program, "demo");
    expect(other).toMatchObject({ status: 2, stderr: expect.stringMatching(/^usage\.unknown_verb: /) });
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

  describe("keeps the two processes apart:", () => {
    const contents = (name: (typeof PROGRAMS)[number]) => {
      const { modules = [], loads = [] } = contentsOf(bundles[0])[`${name}.cjs`] ?? {};
      expect(modules).toContain(`src/${name}.ts`);
      return [...modules, ...loads];
    };
    const found = (name: (typeof PROGRAMS)[number], pattern: RegExp) =>
      contents(name).filter((one) => pattern.test(one));

    it("in sense is nothing that could send to a network, keep on a disk, or start another program", () => {
      const others = /\/(mqtt|mqtt-packet|aedes|better-sqlite3)\/|better_sqlite3|^src\/(forward|city|demo)\//;
      expect(found("telpost-sense", others)).toEqual([]);
      const network = /^(node:)?(tls|http|https|http2|dgram|dns|inspector|cluster|child_process)(\/|$)/;
      expect(found("telpost-sense", network)).toEqual([]);
    });

    it("in forward is nothing that could read a sensor, or open what it keeps", () => {
      const others = /\/(@serialport|aedes|jose)\/|serialport|^src\/(sense|keys|city|demo|probe)\//;
      expect(found("telpost-forward", others)).toEqual([]);
      expect(found("telpost-forward", /^src\/base\/native\/(gpio|tty|pty)\.ts$/)).toEqual([]);
      expect(found("telpost-forward", /^(node:)?child_process$/)).toEqual([]);
    });

    it("in neither is a simulated device", () => {
      for (const name of PROGRAMS.slice(0, 2)) expect(found(name, /^src\/simulators\//)).toEqual([]);
      // What would be found is found where it is.
      expect(found("telpost", /^src\/simulators\//)).not.toEqual([]);
      expect(found("telpost", /\/(mqtt|aedes|better-sqlite3|@serialport|jose)\//).length).toBeGreaterThan(4);
    });

    it("and says so on a page where anybody can look it up, as the guide does", () => {
      const page = contentsPage(bundles[0]);
      const guide = readFileSync(join(root, "deploy/README.md"), "utf8");
      const searches = [...guide.matchAll(/grep -E '([^']+)' \/usr\/share\/doc\/telpost\/bundles\.txt/g)];
      expect(searches).toHaveLength(2);
      for (const [, search = ""] of searches) {
        expect(page).not.toMatch(new RegExp(search, "m"));
        expect(page).toMatch(new RegExp(search.replace(/telpost-\w+/, "telpost"), "m"));
      }
      for (const name of PROGRAMS)
        for (const one of contents(name))
          expect(page).toMatch(new RegExp(`^${name}\\.cjs (holds|loads) ${one}$`, "m"));
    });
  });

  it("leaves out what is never used", () => {
    expect(statSync(join(out, "telpost.cjs")).size).toBeLessThan(2 * 2 ** 20);
    for (const name of PROGRAMS.slice(0, 2))
      expect(statSync(join(out, `${name}.cjs`)).size).toBeLessThan(1.1 * 2 ** 20);
    const inside = Object.keys(bundles[0].inputs).join("\n");
    expect(inside).not.toMatch(/node_modules\/(ws|socks|worker-timers|typescript|vitest|fast-check)\//);
    expect(readdirSync(join(out, "node_modules"))).toEqual(["koffi"]);
  });

  it("names its modules as they lie in the checkout, wherever that is", () => {
    const text = [...PROGRAMS.map((name) => `${name}.cjs`), "node_modules/koffi/index.cjs"].map((name) =>
      readFileSync(join(out, name), "utf8"),
    );
    expect(text.join("")).toContain('"node_modules/');
    expect(text.join("")).not.toMatch(/\.\.\/[\w./-]*node_modules\//);
    for (const place of [root, out]) expect(text.join("")).not.toContain(place);
  });

  describe("with the licences of everybody whose work is in it", () => {
    const node = `node-linux-${arch}`;
    const binaries = { [node]: join(root, "node_modules", node) };
    const paragraphs = () =>
      copyrightFile("the licence", componentsOf(root, bundles, binaries)).split(/\n\n(?=\S)/);

    it.each(["zod", "mqtt", "pino", "jose", "koffi", "better-sqlite3", "@serialport/bindings-cpp", node])(
      "names %s, its holder, its licence and the text of it",
      (name) => {
        const own = paragraphs().filter((one) => one.startsWith(`Files: node_modules/${name}/*\n`));
        expect(own).toHaveLength(1);
        expect(own[0]).toMatch(/\nCopyright: .*\w[\s\S]*\nLicense: (MIT|ISC)-\S+\n .*\n \.\n .*\w/);
      },
    );

    it("holds nothing under a licence that would ask for more than to be named", () => {
      const short = paragraphs().flatMap((one) => /^License: (\S+)$/m.exec(one)?.[1] ?? []);
      expect(short.length).toBeGreaterThan(30);
      expect(
        short.filter((one) => !/^(EUPL-1\.2$|MIT-|ISC-|BSD-[23]-Clause-|Apache-2\.0-)/.test(one)),
      ).toEqual([]);
    });

    it("is a form of fields, where each line of a text is indented and none is empty", () => {
      for (const one of paragraphs())
        for (const line of one.trimEnd().split("\n")) expect(line).toMatch(/^( +\s*\S|[A-Z][\w-]*: )/);
    });
  });
});
