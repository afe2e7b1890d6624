import type { RecordedEvent } from "../../src/sense/replay.ts";
import { recording, rows } from "./shared-data.ts";

/** Local times of these recordings are read as UTC: they only need to stay in order. */
const iso = (ms: number): string => new Date(ms).toISOString();

/** Turnstiles as running totals. Each reading is "since the last one", so it is sent one second early. */
export function turnstiles(file: "clean" | "quirks"): { events: RecordedEvent[]; ids: Map<string, string> } {
  const ids = new Map<string, string>();
  const events = rows(`mta-turnstiles/${file}.csv`).map((row) => {
    const name = `${row.CA}/${row.UNIT}/${row.SCP}`;
    if (!ids.has(name)) ids.set(name, `turnstile-${ids.size}`);
    const [month, day, year] = (row.DATE ?? "").split("/");
    const atMs = Date.parse(`${year}-${month}-${day}T${row.TIME}Z`) - 1000;
    const text = `${JSON.stringify({ inTotal: Number(row.ENTRIES), outTotal: Number(row.EXITS) })}\n`;
    return { atMs, event: { t: iso(atMs), sensor: ids.get(name) ?? "", text } };
  });
  return { ids, events: events.sort((a, b) => a.atMs - b.atMs).map(({ event }) => event) };
}

/** The main door: 7 is out, 9 is in, passages of each half hour. */
export function doors(): RecordedEvent[] {
  const lines = recording("calit2-doors/CalIt2.data")
    .split(/\r?\n/)
    .filter((line) => line !== "");
  return lines.map((line) => {
    const [flow, date = "", time, count] = line.split(",");
    const [month, day, year] = date.split("/");
    const text = flow === "9" ? `${count},0\n` : `0,${count}\n`;
    return { t: iso(Date.parse(`20${year}-${month}-${day}T${time}Z`)), sensor: "door", text };
  });
}

/** The bottleneck as camera lines, one frame a line, with the stand-in track ids. */
export function bottleneckTracks(): RecordedEvent[] {
  const ids = recording("pedestrian-tracks/bottleneck.trackids.txt").trim().split(/\r?\n/);
  const frames = new Map<number, object[]>();
  const people = new Map<string, string>();
  for (const line of recording("pedestrian-tracks/bottleneck.txt").split(/\r?\n/)) {
    if (line === "" || line.startsWith("#")) continue;
    const [person = "", frame, x, y] = line.split(/\s+/);
    if (!people.has(person)) people.set(person, ids[people.size] ?? "");
    const points = frames.get(Number(frame)) ?? [];
    points.push({ id: people.get(person), x: Number(x), y: Number(y) });
    frames.set(Number(frame), points);
  }
  const startMs = Date.parse("2026-06-01T12:00:00Z");
  return [...frames]
    .sort(([a], [b]) => a - b)
    .map(([frame, tracks]) => {
      return { t: iso(startMs + frame * 40), sensor: "camera", text: `${JSON.stringify({ tracks })}\n` };
    });
}

/** The stand-in ids, none of which may be found outside the sensor stage. */
export function trackIds(): string[] {
  return recording("pedestrian-tracks/bottleneck.trackids.txt").trim().split(/\r?\n/);
}
