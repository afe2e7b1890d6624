import { closeSync, createReadStream, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { createInterface } from "node:readline";
import { TelpostError } from "../../base/errors.ts";
import type { SealedMessage } from "../../model.ts";
import { Commit } from "./commit.ts";
import type { Connection } from "./connection.ts";
import { closeQuietly, truncateWal } from "./database.ts";
import { storageError } from "./failures.ts";
import type { Inspection } from "./inspect.ts";
import { takeWriterLock } from "./lock.ts";
import { type OutboxOptions, openOrSalvage } from "./outbox.ts";
import { PortableReader, PortableWriter } from "./portable.ts";

/** Sealed rows from one outbox into another, by way of a file. */

const BATCH = 200;

/** Writes all sealed rows that wait to a new file. Returns how many. @throws TelpostError outbox.export_failed */
export function exportRows(inspection: Inspection, path: string, nowMs: number): number {
  let handle: number | undefined;
  try {
    handle = openSync(path, "wx", 0o600);
    const written = writeAll(inspection, handle, nowMs);
    fsyncSync(handle);
    return written;
  } catch (failure) {
    if (handle !== undefined) rmSync(path, { force: true });
    if (failure instanceof TelpostError) throw failure;
    const detail = `${path}: ${(failure as NodeJS.ErrnoException).code}`;
    throw new TelpostError("outbox.export_failed", detail, { cause: failure });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function writeAll(inspection: Inspection, handle: number, nowMs: number): number {
  const writer = new PortableWriter();
  let written = 0;
  writeSync(handle, writer.header(inspection.identity(), nowMs));
  for (const row of inspection.rows()) {
    if (typeof row === "number" || row.stream !== "sealed") continue;
    const { epoch, seq, atMs, lengths, payload } = row;
    writeSync(handle, writer.message({ epoch, seq, endMs: atMs, lengths, jws: payload }));
    written++;
  }
  writeSync(handle, writer.trailer());
  return written;
}

export interface Imported {
  added: number;
  /** They were there already. */
  known: number;
  /** Other bytes under a known number: declared to the city. */
  refused: number;
}

/**
 * Takes the messages of an export into the outbox. The whole file is checked before the first of them.
 * @throws TelpostError outbox.bad_export, config.identity_changed, and what opening an outbox throws
 */
export async function importRows(options: OutboxOptions, path: string): Promise<Imported> {
  await readExport(path, options, () => {});
  const lock = takeWriterLock(options.file);
  let connection: Connection | undefined;
  try {
    const open = openOrSalvage(options, options.nowMs, 0).connection;
    connection = open;
    const counts: Imported = { added: 0, known: 0, refused: 0 };
    let { state } = open;
    let batch: SealedMessage[] = [];
    const flush = () => {
      state = adoptAll(open, state, batch, { options, counts });
      batch = [];
    };
    await readExport(path, options, (message) => {
      if (batch.push(message) >= BATCH) flush();
    });
    flush();
    truncateWal(open.database);
    return counts;
  } catch (failure) {
    throw storageError(failure);
  } finally {
    if (connection) closeQuietly(connection.database);
    lock.release();
  }
}

interface Adopting {
  readonly options: OutboxOptions;
  readonly counts: Imported;
}

function adoptAll(
  connection: Connection,
  before: Connection["state"],
  messages: readonly SealedMessage[],
  { options, counts }: Adopting,
): Connection["state"] {
  const { identity, nowMs } = options;
  const commit = new Commit(connection, before, { identity, nowMs, judgesAge: false, sealedAfter: 0 });
  const outcomes = connection.database
    .transaction(() => {
      const all = messages.map((message) => commit.adopt(message));
      connection.states.write(before, commit.state);
      return all;
    })
    .immediate();
  for (const outcome of outcomes) counts[outcome === "same_number_other_bytes" ? "refused" : outcome]++;
  return commit.state;
}

async function readExport(
  path: string,
  { identity }: OutboxOptions,
  take: (message: SealedMessage) => void,
): Promise<void> {
  const reader = new PortableReader();
  let number = 0;
  try {
    for await (const line of createInterface({ input: createReadStream(path) })) {
      const found = reader.read(line);
      number++;
      if (typeof found === "string") throw new TelpostError("outbox.bad_export", `line ${number} ${found}`);
      if (found) take(found);
    }
  } catch (failure) {
    if (failure instanceof TelpostError) throw failure;
    const detail = `${path}: ${(failure as NodeJS.ErrnoException).code ?? failure}`;
    throw new TelpostError("outbox.bad_export", detail, { cause: failure });
  }
  if (!reader.isWhole || !reader.header) throw new TelpostError("outbox.bad_export", "its end is missing");
  const { tenant, site, gateway } = reader.header.identity;
  if (tenant !== identity.tenant || site !== identity.site || gateway !== identity.gateway)
    throw new TelpostError("config.identity_changed", `the export is of ${tenant}/${site}/${gateway}`);
}
