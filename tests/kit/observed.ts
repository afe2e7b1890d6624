import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import type { PrivacyReport } from "../../src/contract/privacy-report.ts";
import { fieldsIn } from "../../src/report/fields.ts";

/** Everything that was seen of a gateway that ran, by the names of the privacy report. */
export class Observed {
  /** Topic -> fields. */
  readonly topics = new Map<string, Set<string>>();
  readonly files = new Set<string>();
  readonly columns = new Set<string>();
  readonly events = new Set<string>();
  readonly logFields = new Set<string>();

  message(topic: string, content: unknown): void {
    const fields = this.topics.get(topic) ?? new Set();
    for (const name of fieldsIn(content)) fields.add(name);
    this.topics.set(topic, fields);
  }

  /** Every file below a folder, as `place/name`. */
  folder(place: PrivacyReport["files"][number]["place"], path: string): void {
    for (const name of namesBelow(path)) this.files.add(`${place}/${name}`);
  }

  /** Every table and column of a database that nobody writes now. */
  database(path: string): void {
    const database = new Database(path, { readonly: true });
    const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all();
    for (const table of names as string[])
      for (const { name } of database.pragma(`table_info(${table})`) as { name: string }[])
        this.columns.add(`${table}.${name}`);
    database.close();
  }

  /** Lines of a process's log, as they were printed. */
  log(text: string): void {
    for (const line of text.split("\n").filter((one) => one.startsWith("{"))) {
      const fields = JSON.parse(line) as Record<string, unknown>;
      this.events.add(String(fields.event));
      for (const name of Object.keys(fields)) this.logFields.add(name);
    }
  }

  /** What was seen and is not in the report. */
  missingIn(report: PrivacyReport): string[] {
    const { topics, files, tables, logs } = report;
    const known = topics.map(({ topic, fields }) => ({
      pattern: topicPattern(topic),
      fields: new Set(fields),
    }));
    const entryOf = (topic: string) => known.find(({ pattern }) => pattern.test(topic));
    const columns = new Set(
      tables.flatMap((table) => table.columns.map((column) => `${table.name}.${column}`)),
    );
    const patterns = files.map(({ place, name }) => patternOf(`${place}/${name}`));
    const unknown = (kind: string, seen: Iterable<string>, has: (one: string) => boolean) =>
      [...seen].filter((one) => !has(one)).map((one) => `${kind} ${one}`);
    return [
      ...unknown("topic", this.topics.keys(), (topic) => entryOf(topic) !== undefined),
      ...[...this.topics].flatMap(([topic, fields]) =>
        unknown(`field of ${topic}`, fields, (name) => entryOf(topic)?.fields.has(name) ?? false),
      ),
      ...unknown("file", this.files, (name) => patterns.some((pattern) => pattern.test(name))),
      ...unknown("column", this.columns, (name) => columns.has(name)),
      ...unknown("log event", this.events, (name) => logs.events.includes(name)),
      ...unknown("log field", this.logFields, (name) => logs.fields.includes(name)),
    ];
  }
}

/** `+` stands for one level, as in MQTT. */
function topicPattern(topic: string): RegExp {
  return new RegExp(`^${topic.replaceAll("+", "[^/+]+")}$`);
}

/** `*` stands for any text without a slash, `**` for any text. */
function patternOf(name: string): RegExp {
  const plain = name.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&");
  const text = plain.replaceAll(/\*\*?/g, (stars) => (stars === "**" ? ".*" : "[^/]*"));
  return new RegExp(`^${text}$`);
}

function namesBelow(path: string, under = ""): string[] {
  try {
    return readdirSync(path).flatMap((name) => {
      const full = join(path, name);
      // A file may be gone by now.
      const stats = statSync(full, { throwIfNoEntry: false });
      return stats?.isDirectory() ? namesBelow(full, `${under}${name}/`) : [`${under}${name}`];
    });
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw failure;
  }
}
