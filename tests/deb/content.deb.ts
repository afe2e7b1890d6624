import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARCHITECTURES, type DebArch, packDeb, stage } from "../../scripts/build/debian.ts";
import { readLock } from "../../scripts/build/locked.ts";
import { walk } from "../../scripts/build/tree.ts";
import { describeWith } from "../kit/programs.ts";

const ROOT = join(import.meta.dirname, "../..");
const EPOCH = 1_800_000_000;
/** What a build reads of a checkout. */
const SOURCES = [
  "src",
  "scripts",
  "deploy",
  "docs",
  "systemd",
  "firmware-config",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "LICENSE",
];
/** e_machine of the ELF header (System V ABI): EM_X86_64 and EM_AARCH64. */
const MACHINE: Record<DebArch, number> = { amd64: 62, arm64: 183 };
/** Packages of Debian that bring a library of this name; with the C library comes the loader. */
const BRINGS: Record<string, RegExp> = {
  "libc6 ": /^(lib(c|m|dl|pthread)\.so|ld-linux-)/,
  "libgcc-s1,": /^libgcc_s\.so/,
  "libstdc++6 ": /^libstdc\+\+\.so/,
};
/** The second driver of GPIO lines: two that are bundled, and two that are compiled. */
const ONOFF = ["onoff", "lodash.debounce", "epoll", "nan"].map((name) => `node_modules/${name}`);
/** Everything takes much longer, and proves what the bounded form makes likely. */
const LONG = process.env.TELPOST_LONG === "1";

const folder = mkdtempSync(join(tmpdir(), "telpost-deb-"));
afterAll(() => rmSync(folder, { recursive: true }));

const hash = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const isElf = (file: string) => readFileSync(file).subarray(0, 4).toString("latin1") === "\x7fELF";

interface Listed {
  readonly type: string;
  readonly name: string;
  readonly "bom-ref": string;
  readonly hashes: readonly { readonly content: string }[];
}

describe.each(Object.keys(ARCHITECTURES) as DebArch[])("the package for %s", (arch) => {
  describeWith(["dpkg-deb", "readelf", "lintian"], "as it is built", () => {
    let deb = "";
    /** What dpkg would put on a gateway, and the control files. */
    const content = join(folder, `${arch}-content`);
    const control = join(folder, `${arch}-control`);
    const inside = (path: string) => readFileSync(join(content, path), "utf8");
    const build = async (name: string, root = ROOT) => {
      const tree = await stage({ root, out: join(folder, `${arch}-${name}`), arch, epoch: EPOCH });
      // Who builds is seldom root; what is built belongs to root all the same.
      if (process.getuid?.() === 0) chownSync(join(tree, "usr/lib/telpost/node"), 1000, 1000);
      return packDeb(tree, EPOCH, "none");
    };

    beforeAll(async () => {
      deb = await build("one");
      execFileSync("dpkg-deb", ["--extract", deb, content]);
      execFileSync("dpkg-deb", ["--control", deb, control]);
    });
    const binaries = () => walk(content).files.filter((path) => isElf(join(content, path)));

    it("is the same, byte for byte, from a checkout at another place with another umask", async () => {
      const copy = join(folder, `${arch}-a checkout`);
      mkdirSync(copy);
      for (const name of SOURCES) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
      symlinkSync(join(ROOT, "node_modules"), join(copy, "node_modules"));
      const umask = process.umask(0o077);
      const other = await build("two", copy);
      process.umask(umask);
      expect(hash(other)).toBe(hash(deb));
    });

    it.skipIf(!LONG)(
      "is the same as a release, compressed with one core or more (set TELPOST_LONG=1)",
      () => {
        const tree = deb.replace(/\.deb$/, "");
        const first = hash(packDeb(tree, EPOCH));
        execFileSync("dpkg-deb", ["--root-owner-group", "--threads-max=1", "-Zxz", "--build", tree, deb], {
          env: { ...process.env, SOURCE_DATE_EPOCH: String(EPOCH) },
        });
        expect(hash(deb)).toBe(first);
      },
    );

    it("holds binaries of its own architecture only: Node and four native parts", () => {
      expect(binaries().map((path) => path.replace("usr/lib/telpost/", ""))).toEqual([
        "native/better_sqlite3.node",
        "native/epoll.node",
        "native/serialport.node",
        "node",
        "node_modules/koffi/koffi.node",
      ]);
      for (const path of binaries())
        expect(readFileSync(join(content, path)).readUInt16LE(18), path).toBe(MACHINE[arch]);
    });

    it("holds a bundle for each process, and says what is in which", () => {
      const page = inside("usr/share/doc/telpost/bundles.txt").trimEnd().split("\n");
      const programs = walk(join(content, "usr/lib/telpost")).files.filter((path) =>
        /^[^/]*\.cjs$/.test(path),
      );
      expect(programs).toEqual(["telpost-forward.cjs", "telpost-sense.cjs", "telpost.cjs"]);
      expect([...new Set(page.map((line) => line.split(" ")[0]))].sort()).toEqual(programs);
      const database = page.filter((line) => line.includes("better_sqlite3.node"));
      expect(database).toEqual(
        ["telpost-forward", "telpost"].map((name) => `${name}.cjs loads ./native/better_sqlite3.node`),
      );
      // The page is right: what it says a bundle lacks is not in its text either.
      expect(inside("usr/lib/telpost/telpost-sense.cjs")).not.toMatch(
        /better_sqlite3|MqttClient|require\("node:tls"\)/,
      );
      expect(inside("usr/lib/telpost/telpost-forward.cjs")).not.toMatch(/serialport|gpiochip/);
    });

    it("depends on whatever brings the libraries its binaries ask for, new enough", () => {
      const depends = /^Depends: (.*)$/m.exec(readFileSync(join(control, "control"), "utf8"))?.[1] ?? "";
      const files = binaries().map((path) => join(content, path));
      const text = execFileSync("readelf", ["--dynamic", "--version-info", ...files], {
        encoding: "utf8",
        maxBuffer: 2 ** 26,
      });
      const needed = new Set([...text.matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1] ?? ""));
      expect(needed.size).toBeGreaterThan(5);
      for (const library of needed) {
        const from = Object.keys(BRINGS).find((name) => BRINGS[name]?.test(library));
        expect(depends, library).toContain(from);
      }
      const minors = [...text.matchAll(/Name: GLIBC_2\.(\d+)/g)].map((match) => Number(match[1]));
      const promised = Number(/libc6 \(>= 2\.(\d+)\)/.exec(depends)?.[1]);
      expect(promised).toBeGreaterThanOrEqual(Math.max(...minors));
      // GLIBCXX_3.4.29 came with GCC 11: https://gcc.gnu.org/onlinedocs/libstdc++/manual/abi.html
      expect(Math.max(...[...text.matchAll(/GLIBCXX_3\.4\.(\d+)/g)].map((match) => Number(match[1])))).toBe(
        29,
      );
      expect(depends).toContain("libstdc++6 (>= 11)");
    });

    it("belongs to root, and only programs are executable", () => {
      const rows = execFileSync("dpkg-deb", ["--contents", deb], { encoding: "utf8" }).trim().split("\n");
      expect(rows.filter((row) => row.split(/\s+/)[1] !== "root/root")).toEqual([]);
      const executable = rows.filter((row) => /^-rwx/.test(row)).map((row) => row.split(" ./")[1]);
      expect(executable).toEqual(["activate", "node", "telpost"].map((name) => `usr/lib/telpost/${name}`));
      expect(rows.filter((row) => !/^(drwxr-xr-x|-rwxr-xr-x|-rw-r--r--|lrwxrwxrwx) /.test(row))).toEqual([]);
    });

    it("puts nothing into /etc but an empty folder, and no conffile", () => {
      const { files, folders, links } = walk(join(content, "etc"));
      expect({ files, folders, links }).toEqual({ files: [], folders: ["telpost"], links: [] });
      expect(walk(control).files).toEqual(["control", "md5sums", "postinst", "postrm", "prerm"]);
    });

    it("names no folder of the machine that built it", () => {
      const ours = walk(content).files.filter((path) => path !== "usr/lib/telpost/node");
      const modules = realpathSync(join(ROOT, "node_modules"));
      const places = [ROOT, folder, `${homedir()}/`, `${join(ROOT, "..")}/`, modules, modules.slice(1)];
      for (const path of ours) {
        const bytes = readFileSync(join(content, path));
        for (const place of places) expect(bytes.includes(place), `${path} names ${place}`).toBe(false);
      }
    });

    it("lists every file and every package that is in it, with hashes, and no tool of development", () => {
      const { components } = JSON.parse(inside("usr/share/doc/telpost/sbom.cdx.json")) as {
        components: Listed[];
      };
      const listed = components.filter(({ type }) => type === "file");
      const files = walk(content).files.filter((path) => !path.endsWith("sbom.cdx.json"));
      expect(Object.fromEntries(listed.map((one) => [one.name, one.hashes[0]?.content]))).toEqual(
        Object.fromEntries(files.map((path) => [`/${path}`, hash(join(content, path))])),
      );
      const lock = readLock(ROOT) as Record<string, { dev?: boolean; integrity?: string }>;
      const packages = components.filter(({ type }) => type === "library").map((one) => one["bom-ref"]);
      expect(packages).toContain(`node_modules/node-linux-${ARCHITECTURES[arch]}`);
      expect(packages).toEqual(expect.arrayContaining(["node_modules/zod", ...ONOFF]));
      expect(new Set(packages).size).toBe(packages.length);
      expect(packages.filter((path) => !lock[path]?.integrity || lock[path].dev)).toEqual([]);
      const copyright = inside("usr/share/doc/telpost/copyright");
      expect(packages.filter((path) => !copyright.includes(`\nFiles: ${path}/*\n`))).toEqual([]);
    });

    it.skipIf(arch !== "amd64" && !LONG)(
      "has nothing that lintian objects to (arm64: set TELPOST_LONG=1)",
      () => {
        const how = ["--allow-root", "--fail-on=error,warning"];
        // Only here: a release is compressed.
        const tags = "uses-no-compression-for-control-tarball,uses-no-compression-for-data-tarball";
        const { status, stdout, stderr } = spawnSync("lintian", [...how, "--suppress-tags", tags, deb], {
          encoding: "utf8",
        });
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
      },
    );
  });
});
