import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { TelpostError } from "../../src/base/errors.ts";
import { type OutboxOptions, openOutbox } from "../../src/forward/outbox/outbox.ts";
import type { Outbox, Row } from "../../src/forward/ports.ts";
import { ALL, optionsFor } from "./outbox-data.ts";

export * from "./outbox-data.ts";

/** A fresh folder, removed when the test ends. */
export function tempFolder(root = tmpdir()): string {
  const folder = mkdtempSync(join(root, "telpost-outbox-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An outbox that is closed when the test ends, if it is still open. */
export function openForTest(file: string, change: Partial<OutboxOptions> = {}): Outbox {
  const outbox = openOutbox(optionsFor(file, change));
  onTestFinished(() => outbox.close());
  return outbox;
}

export function sealedRows(outbox: Outbox): Row[] {
  return outbox.lease(ALL).filter(({ stream }) => stream === "sealed");
}

/** Bodies of the events that wait, without their header. Leases every row. */
export function eventBodies(outbox: Outbox): Record<string, unknown>[] {
  return outbox
    .lease(ALL)
    .filter(({ stream }) => stream === "event")
    .map(({ payload }) => {
      const { schema, tenant, site, gateway, epoch, seq, at, ...body } = JSON.parse(payload);
      return body;
    });
}

/** The code of the failure that `work` ends with; "none" when it does not fail. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (failure) {
    if (failure instanceof TelpostError) return failure.code;
    throw failure;
  }
  return "none";
}
