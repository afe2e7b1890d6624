import { SystemClock } from "../../src/base/clock.ts";
import { silentLog } from "../../src/base/log.ts";
import { createReader, readSite, VolatileMemory } from "../../src/city/index.ts";
import { MqttReader } from "../../src/city/mqtt.ts";
import { isPassages } from "../../src/contract/values.ts";
import type { CityRecord, Evidence, Numbers } from "./oracle.ts";

/** The part of the evidence that the city's reader gives. */
export type CityEvidence = Pick<
  Evidence,
  "records" | "arrived" | "events" | "kept" | "declaredNumbers" | "declaredWindows" | "reasons" | "alarms"
>;

/** A broker that restarts is tried again this soon, so that a history waits for the gateway and not for its judge. */
const RECONNECT_BELOW_MS = 200;

/** The city's own reader as the judge: it verifies, opens, removes duplicates, and acknowledges to the gateway. */
export class CityJudge {
  readonly #mqtt: MqttReader;
  readonly #records: CityRecord[] = [];
  readonly #arrived: Numbers[] = [];
  readonly #events: Numbers[] = [];
  readonly #kept: Evidence["kept"][number][] = [];
  readonly #declaredNumbers: Numbers[] = [];
  readonly #declaredWindows: Evidence["declaredWindows"][number][] = [];
  readonly #reasons = new Set<string>();
  readonly #alarms: string[] = [];
  #latestMs = 0;

  constructor(siteFile: string) {
    const clock = new SystemClock();
    const { registry, broker, tenant } = readSite(siteFile);
    const memory = new VolatileMemory();
    const reader = createReader({
      registry,
      memory,
      clock,
      ack: true,
      onWindow: ({ end, records }, { epoch, seq }) => {
        this.#latestMs = Math.max(this.#latestMs, clock.realtime() - Date.parse(end));
        this.#arrived.push({ epoch, ranges: [[seq, seq]] });
        for (const { sensor, quality, covered, value } of records) {
          const count =
            isPassages(value) && value.in !== null && value.out !== null ? value.in + value.out : null;
          this.#records.push({ sensor, endMs: Date.parse(end), quality, coveredSeconds: covered, count });
        }
      },
      onEvent: (event, { epoch, seq }) => {
        this.#events.push({ epoch, ranges: [[seq, seq]] });
        this.#take(event);
      },
      onAlarm: (alarm) => void this.#alarms.push(JSON.stringify(alarm)),
    });
    const jitterBelow = (limit: number) => Math.floor(Math.random() * Math.min(limit, RECONNECT_BELOW_MS));
    this.#mqtt = new MqttReader({ clock, log: silentLog, jitterBelow, broker, tenant, reader });
    this.#mqtt.start();
  }

  #take(event: Parameters<NonNullable<Parameters<typeof createReader>[0]["onEvent"]>>[0]): void {
    if (event.kind === "epoch" && event.previous !== null && event.lastSeqKept !== null) {
      this.#kept.push({ epoch: event.previous, lastSeq: event.lastSeqKept });
    }
    // A message refused for its windows will never come; the event names it.
    if (event.kind === "conflict") {
      const { epoch, seq } = event.message;
      this.#declaredNumbers.push({ epoch, ranges: [[seq, seq]] });
      this.#reasons.add(event.what);
    }
    if (event.kind !== "gap") return;
    this.#reasons.add(event.reason);
    if (event.numbers) this.#declaredNumbers.push(event.numbers);
    for (const { from, to } of event.windows ?? []) {
      this.#declaredWindows.push({ fromMs: Date.parse(from), toMs: Date.parse(to) });
    }
  }

  get records(): readonly CityRecord[] {
    return this.#records;
  }

  /** How long after its end the latest window came, ms: a figure only where the clock was not stepped. */
  get latestMs(): number {
    return this.#latestMs;
  }

  evidence(): CityEvidence {
    return {
      records: this.#records,
      arrived: this.#arrived,
      events: this.#events,
      kept: this.#kept,
      declaredNumbers: this.#declaredNumbers,
      declaredWindows: this.#declaredWindows,
      reasons: [...this.#reasons],
      alarms: this.#alarms,
    };
  }

  stop(): Promise<void> {
    return this.#mqtt.stop();
  }
}
