import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, test } from "vitest";
import { Inspection } from "../../../src/forward/outbox/inspect.ts";
import { exportRows, importRows } from "../../../src/forward/outbox/transfer.ts";
import { configWith } from "../../kit/config.ts";
import {
  EPOCH_A,
  message,
  offer,
  offers,
  openForTest,
  optionsFor,
  sealedRows,
  T0,
  tempFolder,
} from "../../kit/outbox.ts";
import { telpost } from "../../kit/telpost.ts";

interface Place {
  readonly folder: string;
  readonly file: string;
  readonly config: string;
  run(...args: readonly string[]): ReturnType<typeof telpost>;
}

function place(): Place {
  const folder = tempFolder();
  const config = join(folder, "telpost.yaml");
  writeFileSync(
    config,
    configWith("id: gate-3, profile: generic-jsonl, port: /dev/ttyUSB2, baudRate: 115200"),
  );
  const run = (...args: readonly string[]) => telpost(["outbox", ...args, "--state", folder]);
  return { folder, config, file: join(folder, "outbox.db"), run };
}

describe("telpost outbox", () => {
  test("ls and verify show what waits while forward writes, in 80 columns, and nothing of a payload", async () => {
    const { file, run } = place();
    const writer = openForTest(file);
    writer.append(offers(30), T0);
    const listed = await run("ls");
    expect(listed.code).toBe(0);
    const lines = listed.out.trimEnd().split("\n");
    expect(lines[0]).toBe("31 waiting, 0.0 MiB; the oldest 20:");
    expect(lines).toHaveLength(21);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
    expect(listed.out).not.toContain("xxx");
    const verified = await run("verify", "--json");
    expect(verified).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.out)).toEqual({ rows: 31, bad: [], damage: null });
    expect(writer.append(offers(1, 30), T0)).toEqual(["kept"]);
  });

  test("what is exported is imported elsewhere with the same bytes, and only once", async () => {
    const [from, to] = [place(), place()];
    const source = openForTest(from.file);
    source.append(offers(450), T0);
    const path = join(from.folder, "export.ndjson");
    expect(await from.run("export", path)).toMatchObject({
      code: 0,
      out: `450 sealed messages written to ${path}\n`,
    });
    expect(await from.run("export", path)).toMatchObject({ code: 1 });
    const wanted = sealedRows(source).map(({ epoch, seq, payload, atMs }) => ({ epoch, seq, payload, atMs }));
    // Windows behind those of the export are there already, and one of its numbers has other bytes.
    const before = openForTest(to.file);
    before.append([offer(message(7, { jws: "other.bytes.here" })), ...offers(3, 500)], T0);
    before.close();
    const first = await to.run("import", path, "--config", to.config, "--json");
    expect(JSON.parse(first.out)).toEqual({ added: 449, known: 0, refused: 1 });
    expect(first.code).toBe(1);
    const again = await to.run("import", path, "--config", to.config);
    expect(again.out).toBe("0 taken, 449 there already, 1 refused and declared to the city\n");
    const target = openForTest(to.file);
    const found = [0, 1].flatMap(() => sealedRows(target));
    const imported = found.filter(({ seq }) => seq < 450 && seq !== 7);
    expect(imported.map(({ epoch, seq, payload, atMs }) => ({ epoch, seq, payload, atMs }))).toEqual(
      wanted.filter(({ seq }) => seq !== 7),
    );
    const { queued, accepted, rejected, dropped, appended } = target.stats();
    expect(queued + accepted + rejected + dropped).toBe(appended);
    expect(queued).toBe(449 + 4 + 2);
  });

  test.each([
    ["cut short", (text: string) => text.slice(0, -100)],
    ["changed in a message", (text: string) => text.replace("xxxx", "xyxx")],
    ["without a message", (text: string) => text.split("\n").toSpliced(3, 1).join("\n")],
    ["that is something else", () => "hello\n"],
  ])("takes nothing of an export %s", async (_name, spoil) => {
    const { folder, file } = place();
    openForTest(file).append(offers(5), T0);
    const path = join(folder, "export.ndjson");
    const inspection = new Inspection(file);
    expect(exportRows(inspection, path, T0)).toBe(5);
    inspection.close();
    writeFileSync(path, spoil(readFileSync(path, "utf8")));
    const to = place().file;
    await expect(importRows(optionsFor(to), path)).rejects.toMatchObject({ code: "outbox.bad_export" });
    expect(openForTest(to).stats().appended).toBe(0);
  });

  test("import and salvage refuse while forward runs", async () => {
    const { folder, file, config, run } = place();
    openForTest(file).append(offers(1), T0);
    const path = join(folder, "export.ndjson");
    await run("export", path);
    for (const args of [["import", path], ["salvage"]]) {
      const result = await run(...args, "--config", config);
      expect(result.code).toBe(1);
      expect(result.err).toContain("outbox.locked");
    }
  });

  test("a bad row is found by verify, and declared and dropped by salvage", async () => {
    const { file, config, run } = place();
    const first = openForTest(file);
    first.append(offers(5), T0);
    first.close();
    const vandal = new Database(file);
    vandal.exec(
      "UPDATE rows SET payload = CAST(replace(payload, 'x', 'y') AS BLOB) WHERE seq = 2 AND stream = 'sealed'",
    );
    vandal.close();
    const verified = await run("verify");
    expect(verified).toMatchObject({ code: 1 });
    expect(verified.out).toContain("6 rows read, 1 with a bad checksum: 4");
    const salvaged = await run("salvage", "--config", config);
    expect(salvaged).toMatchObject({ code: 0 });
    expect(salvaged.out).toContain("1 bad rows dropped and declared");
    expect(await run("verify")).toMatchObject({ code: 0 });
    const outbox = openForTest(file);
    expect(sealedRows(outbox).map(({ seq }) => seq)).toEqual([0, 1, 3, 4]);
    expect(outbox.senseMemory(EPOCH_A).lastSeqKept).toBe(4);
  });

  test("a damaged file is salvaged, and a missing one is told as missing", async () => {
    const { file, config, run } = place();
    expect((await run("ls")).err).toContain("outbox.absent");
    writeFileSync(file, "hello\n".repeat(1000));
    expect(await run("verify")).toMatchObject({ code: 1 });
    const salvaged = await run("salvage", "--config", config);
    expect(salvaged.out).toContain("damaged-1");
    expect(await run("verify")).toMatchObject({ code: 0 });
  });
});
