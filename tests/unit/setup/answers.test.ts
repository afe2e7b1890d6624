import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { parseAnswers } from "../../../src/setup/answers.ts";

it("the example of an answers file is good", () => {
  const text = readFileSync(new URL("../../../deploy/setup.example.yaml", import.meta.url), "utf8");
  const all = text.replaceAll(/^# (base|ports)/gm, "$1");
  for (const one of [text, all]) expect(parseAnswers(one)).toMatchObject({ ok: true });
  expect(parseAnswers(all)).toMatchObject({
    value: { base: "telpost.yaml", probe: [{ ask: false }, { ask: true }] },
  });
});

it("answers that do not fit are told with line and column, all at once", () => {
  const read = parseAnswers(
    "gateway: { tenant: Den Haag, site: a, id: b }\nprobe: [{ prot: /dev/a, id: x }]\n",
  );
  expect(read.ok ? [] : read.problems.map(({ line, column, path }) => `${line}:${column} ${path}`)).toEqual([
    "1:12 gateway.tenant",
    "2:9 probe.0.port",
    "2:11 probe.0.prot",
  ]);
});
