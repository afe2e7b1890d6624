import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { verbs } from "../../src/cli/verbs.ts";
import { missing, stepsOf } from "../virtual-gateway/guide.ts";

const page = readFileSync(join(import.meta.dirname, "../../docs/field-guide.md"), "utf8");

describe("the field guide", () => {
  it("has steps that tests/virtual-gateway/run guide follows, with commands that exist", () => {
    const commands = stepsOf(page).flatMap((step) => step.commands.map(({ command }) => command));
    expect(commands.length).toBeGreaterThan(4);
    expect(commands.join("\n")).toContain("apt install");
    const named = commands.flatMap((line) =>
      [...line.matchAll(/\btelpost ([a-z]+)/g)].map(([, verb]) => verb),
    );
    expect(named).toContain("setup");
    const known = verbs.map(({ name }) => name);
    expect(named.filter((verb) => !known.includes(verb ?? ""))).toEqual([]);
  });

  it("has people of its scenario for everything that others do", () => {
    const story = readFileSync(join(import.meta.dirname, "../virtual-gateway/guest/guide.sh"), "utf8");
    for (const { before } of stepsOf(page)) if (before) expect(story).toContain(`\n${before}() {`);
  });
});

describe("a followed step", () => {
  it("is what stands in a marked block, each command with what it prints", () => {
    const text =
      "<!-- followed after lunch -->\n```console\n$ one | two\na\n\nb\n$ three\n```\n```console\n$ not\n```\n";
    expect(stepsOf(text)).toEqual([
      {
        before: "lunch",
        commands: [
          { command: "one | two", prints: "a\n\nb" },
          { command: "three", prints: "" },
        ],
      },
    ]);
  });

  it("agrees with what differs only in numbers, times, keys, adapters and the end of lines", () => {
    const told = '12 sent at 2026-11-21T08:00:00.5Z by\nusb-FTDI_A-if00 telpost_1.0_arm64.deb: x: "ab-c"';
    const got = '7 sent at 2030-01-01T00:00:00Z by usb-QEMU-port0 telpost_0.2_amd64.deb: x: "d"\n';
    expect(missing(told, got)).toBeNull();
    expect(missing("a\n...\nz", "a\nb\nz")).toBeNull();
    expect(missing("...\nz", "a\nz")).toBeNull();
    expect(missing("a\n...", "a\nb")).toBeNull();
    expect(missing("", "")).toBeNull();
  });

  it.each([
    ["a\nb", "a\nc"],
    ["a", "b\na"],
    ["a", "a\nb"],
    ["a\n...\nz", "a\nb"],
    ["a\n...\nz", "a\nz\ny"],
    ["", "noise"],
  ])("does not agree: %j is told, %j came", (told, got) => {
    expect(missing(told, got)).not.toBeNull();
  });
});
