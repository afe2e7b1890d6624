import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Vector } from "../../../scripts/contract/vectors/vector.ts";
import { CONTRACT } from "../../kit/contract.ts";
import { describeWith, PYTHON } from "../../kit/programs.ts";
import { PYTHON_READER, pythonCheck } from "../../kit/python-check.ts";

describeWith(["python3/cryptography"], "the schemas of the reader in Python", () => {
  it("say of every example of every message what the contract says", () => {
    const program = join(import.meta.dirname, "../../kit/python-examples.py");
    const args = ["-B", program, dirname(PYTHON_READER), join(CONTRACT, "examples")];
    const { stdout, stderr } = spawnSync(PYTHON, args, { encoding: "utf8" });
    const lines = stdout.trim().split("\n");
    expect([stderr, lines.slice(0, -1)]).toEqual(["", []]);
    expect(Number(lines.at(-1))).toBeGreaterThan(100);
  });
});

describeWith(["python3/cryptography"], "the reader in Python, on the vectors", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "telpost-vectors-"));
    cpSync(join(CONTRACT, "vectors"), folder, { recursive: true });
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const check = () => pythonCheck(folder);

  /** Changes what the vectors say about one message of each outcome. */
  function lie(change: (vector: Vector) => Vector): string[] {
    const file = join(folder, "sealed.json");
    const sealed = JSON.parse(readFileSync(file, "utf8")) as { groups: { vectors: Vector[] }[] };
    const changed: string[] = [];
    const known = new Set<string | null>();
    for (const group of sealed.groups) {
      group.vectors = group.vectors.map((vector) => {
        if (known.has(vector.refusal)) return vector;
        known.add(vector.refusal);
        changed.push(vector.name);
        return change(vector);
      });
    }
    writeFileSync(file, JSON.stringify(sealed));
    return changed;
  }

  it("opens all that open, and refuses the others for the reasons that the contract names", () => {
    expect(check()).toEqual({ status: 0, stderr: "", wrong: [{ type: "checked", wrong: 0 }] });
  });

  it("notices a vector that says another outcome", () => {
    const names = lie((vector) => ({ ...vector, opens: null, refusal: "too_large" }));
    const { status, wrong } = check();
    expect(status).toBe(1);
    expect(names.length).toBeGreaterThan(10);
    expect(wrong.map(({ name, wrong }) => name ?? wrong)).toEqual([...names, names.length]);
  });

  it("refuses what is too large before it looks at it, and no sooner", () => {
    const topic = "telpost/v1/denhaag/scheveningen/gw07/sealed";
    const of = (bytes: number, refusal: string) => ({
      name: refusal,
      topic,
      payload: "A".repeat(bytes),
      opens: null,
      refusal,
    });
    const vectors = [of(204_800, "not_jws"), of(204_801, "too_large")];
    writeFileSync(join(folder, "sealed.json"), JSON.stringify({ groups: [{ vectors }] }));
    expect(check()).toMatchObject({ status: 0, wrong: [{ wrong: 0 }] });
  });

  it("notices a vector that says another content", () => {
    lie((vector) => (vector.opens ? { ...vector, opens: { ...vector.opens, seq: 8 } } : vector));
    expect(check()).toMatchObject({ status: 1, wrong: [{ type: "wrong" }, { wrong: 1 }] });
  });
});
