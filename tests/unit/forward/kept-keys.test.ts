import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type Log, silentLog } from "../../../src/base/log.ts";
import { KeptKeys } from "../../../src/forward/kept-keys.ts";

let folder = "";
let said: string[] = [];
const note = (event: string, fields: { code?: string } = {}) => void said.push(`${event} ${fields.code}`);
const log: Log = { ...silentLog, warn: note, error: note };
const file = () => join(folder, "city-keys.jws");

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-kept-"));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("keeps the newest set across restarts, whole, for its owner only", () => {
  expect(new KeptKeys(file(), log).kept).toBeNull();
  const keys = new KeptKeys(file(), log);
  for (const jws of ["a.b.1", "a.b.2"]) keys.keep(jws);
  expect([keys.kept, new KeptKeys(file(), log).kept]).toEqual(["a.b.2", "a.b.2"]);
  expect([statSync(file()).mode & 0o777, readdirSync(folder)]).toEqual([0o600, ["city-keys.jws"]]);
  expect(said).toEqual([]);
});

it("writes nothing when it has that set already", () => {
  const keys = new KeptKeys(file(), log);
  keys.keep("a.b.1");
  const { ino } = statSync(file());
  keys.keep("a.b.1");
  expect(statSync(file()).ino).toBe(ino);
});

it.each(["", "half of a se", "x".repeat(70_000), "\u0000.\u0000.\u0000"])(
  "takes no part of what the card damaged: %.12j",
  (text) => {
    writeFileSync(file(), text);
    const keys = new KeptKeys(file(), log);
    expect([keys.kept, said]).toEqual([null, ["keys.refused key.invalid"]]);
    keys.keep("a.b.1");
    expect(readFileSync(file(), "utf8")).toBe("a.b.1\n");
  },
);

it("goes on, and says so, when the card cannot be written", () => {
  const keys = new KeptKeys(join(folder, "gone", "city-keys.jws"), log);
  keys.keep("a.b.1");
  expect([keys.kept, said]).toEqual(["a.b.1", ["keys.not_kept key.unwritable"]]);
});
