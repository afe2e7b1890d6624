import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import { readClockSync } from "../base/native/adjtimex.ts";
import { systemRandom } from "../base/random.ts";
import { checkOwner, Inspection } from "../forward/outbox/inspect.ts";
import type { OutboxOptions } from "../forward/outbox/outbox.ts";
import { repair } from "../forward/outbox/repair.ts";
import type { StoredRow } from "../forward/outbox/row.ts";
import { exportRows, importRows } from "../forward/outbox/transfer.ts";
import { CONFIG_OPTION, configFile, loadConfig } from "./files.ts";
import { outboxFile, PLACE_OPTIONS, placesOf } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

export const outbox: Verb = {
  usage: "ls | verify | export FILE | import FILE | salvage  [--state DIR]",
  options: {
    state: PLACE_OPTIONS.state,
    config: { ...CONFIG_OPTION.config, help: "import, salvage: the configuration of this gateway" },
    limit: { type: "string", value: "N", help: "ls: at most so many rows, oldest first (default 20)" },
    json: { type: "boolean", help: "one JSON object" },
  },
  details: [
    "ls and verify read, and export copies, also while forward runs. import and salvage",
    "write: stop forward first. Run it as the owner: sudo -u telpost-forward telpost ... An",
    "export holds sealed messages only; what is imported twice is taken once.",
    "Exit code 1 when verify finds damage or import meets a refused message.",
  ].join("\n"),
  words: 2,
  examples: [
    "telpost outbox ls",
    "telpost outbox export /tmp/gw07.ndjson",
    "telpost outbox import /tmp/gw07.ndjson --config /etc/telpost/telpost.yaml",
  ],
  async run(args, io) {
    const [action = "", path] = args.positionals;
    const call: Call = { args, io, file: outboxFile(placesOf(args, io.env)), path };
    const act = actions[action];
    if (!act) throw new TelpostError("usage.bad_arguments", `outbox ${action}: there is no such action`);
    return act(call);
  },
};

interface Call {
  readonly args: Arguments;
  readonly io: Io;
  readonly file: string;
  readonly path: string | undefined;
}

const actions: Readonly<Record<string, (call: Call) => ExitCode | Promise<ExitCode>>> = {
  ls: (call) => inspect(call, list),
  verify: (call) => inspect(call, verify),
  export: (call) => inspect(call, exportTo),
  import: importFrom,
  salvage,
};

function inspect(call: Call, work: (inspection: Inspection, call: Call) => ExitCode): ExitCode {
  const inspection = new Inspection(call.file);
  try {
    return work(inspection, call);
  } finally {
    inspection.close();
  }
}

/** Prints an object for programs, or lines for people. */
function print({ args, io }: Call, value: object, lines: readonly string[]): void {
  if (args.flags.json) io.out(JSON.stringify(value));
  else for (const line of lines) io.out(line);
}

function list(inspection: Inspection, call: Call): ExitCode {
  const limit = Number(textFlag(call.args, "limit") ?? 20);
  if (!Number.isSafeInteger(limit) || limit < 0)
    throw new TelpostError("usage.bad_arguments", "--limit wants a whole number");
  const { queued, bytes } = inspection.totals();
  const rows: ListedRow[] = [];
  for (const row of limit > 0 ? inspection.rows() : []) {
    rows.push(typeof row === "number" ? { id: row, damaged: true } : listed(row));
    if (rows.length === limit) break;
  }
  const head = `${queued} waiting, ${(bytes / 2 ** 20).toFixed(1)} MiB; the oldest ${rows.length}:`;
  print(call, { queued, bytes, rows }, [head, ...rows.map(rowLine)]);
  return EXIT.ok;
}

type ListedRow = { readonly id: number; readonly damaged: true } | ReturnType<typeof listed>;

function listed(row: StoredRow) {
  const { id, stream, epoch, seq, atMs, bytes } = row;
  return { id, stream, epoch, seq, at: new Date(atMs).toISOString(), bytes };
}

function rowLine(row: ListedRow): string {
  if ("damaged" in row) return `${String(row.id).padStart(9)} damaged`;
  const { id, stream, epoch, seq, at, bytes } = row;
  return `${String(id).padStart(9)} ${stream.padEnd(6)} ${epoch} ${String(seq).padStart(9)} ${at} ${String(bytes).padStart(6)}`;
}

function verify(inspection: Inspection, call: Call): ExitCode {
  const found = inspection.verify();
  const { rows, bad, damage } = found;
  print(call, found, [
    `${rows} rows read, ${bad.length} with a bad checksum${bad.length > 0 ? `: ${idList(bad)}` : ""}`,
    damage === null ? "structure and books are sound" : `damaged: ${damage}`,
    ...(damage !== null || bad.length > 0 ? ["Stop forward, then run: telpost outbox salvage"] : []),
  ]);
  return damage === null && bad.length === 0 ? EXIT.ok : EXIT.failed;
}

function idList(ids: readonly number[]): string {
  return ids.length > 4 ? `${ids.slice(0, 4).join(", ")} and more` : ids.join(", ");
}

function exportTo(inspection: Inspection, call: Call): ExitCode {
  const path = fileOf(call);
  const rows = exportRows(inspection, path, new SystemClock().realtime());
  print(call, { rows, file: path }, [`${rows} sealed messages written to ${path}`]);
  return EXIT.ok;
}

async function importFrom(call: Call): Promise<ExitCode> {
  const path = fileOf(call);
  const options = writing(call);
  if (typeof options === "number") return options;
  const counts = await importRows(options, path);
  const { added, known, refused } = counts;
  print(call, counts, [
    `${added} taken, ${known} there already, ${refused} refused and declared to the city`,
  ]);
  return refused > 0 ? EXIT.failed : EXIT.ok;
}

function salvage(call: Call): ExitCode {
  const options = writing(call);
  if (typeof options === "number") return options;
  checkOwner(call.file);
  const done = repair(options);
  const { salvaged, dropped } = done;
  print(call, done, [
    salvaged
      ? `${salvaged.saved} rows saved; the damaged files are ${salvaged.movedTo}*`
      : "the file is sound: nothing to salvage",
    ...(salvaged?.lost ? ["what could not be read is declared to the city"] : []),
    ...(dropped > 0 ? [`${dropped} bad rows dropped and declared to the city`] : []),
  ]);
  return EXIT.ok;
}

function fileOf({ path }: Call): string {
  if (path === undefined) throw new TelpostError("usage.bad_arguments", "no FILE given");
  return path;
}

/** What opening for writing needs, or the exit code when the configuration has problems. */
function writing({ args, io, file }: Call): OutboxOptions | ExitCode {
  const loaded = loadConfig(configFile(args), io);
  if (!loaded.ok) return loaded.code;
  const { gateway, outbox: limits } = loaded.value.config;
  return {
    file,
    identity: { tenant: gateway.tenant, site: gateway.site, gateway: gateway.id },
    quota: { maxBytes: limits.maxBytes, maxAgeMs: limits.maxAge },
    random: systemRandom,
    nowMs: new SystemClock().realtime(),
    log: silentLog,
    clockSynced: () => readClockSync().synced,
  };
}
