import type { Row } from "../ports.ts";
import { probeWaitMs, type SlowReason } from "./verdict.ts";

interface SlowTopic {
  reason: SlowReason;
  failures: number;
  /** Monotonic ms. */
  probeAtMs: number;
  /** The one row that tries for the others; kept leased. */
  probe: Row | null;
}

/**
 * Topics the broker does not take now. One row of each tries again at a slow pace; it opens the topic for all. This outlives
 * connections: Mosquitto 2.0.11 answers a denied publish with 0x87 and then ends the connection.
 */
export class SlowTopics {
  readonly #topics = new Map<string, SlowTopic>();
  /** Topic and reason already told about, until the topic is open again. */
  readonly #told = new Set<string>();

  has(topic: string): boolean {
    return this.#topics.has(topic);
  }

  /** True for the one row that tries for its topic. */
  isProbe(id: number): boolean {
    for (const { row } of this.probes()) if (row.id === id) return true;
    return false;
  }

  /** Takes the row as the one that tries; false when the topic has one. */
  adopt(row: Row): boolean {
    const slow = this.#topics.get(row.topic);
    if (!slow || (slow.probe && slow.probe.id !== row.id)) return false;
    slow.probe = row;
    return true;
  }

  /**
   * The broker did not take this row.
   * @returns `kept`: the row became the one that tries; `first`: nobody was told yet
   */
  failed(row: Row, reason: SlowReason, nowMs: number): { kept: boolean; first: boolean } {
    const slow: SlowTopic = this.#topics.get(row.topic) ?? { reason, failures: 0, probeAtMs: 0, probe: null };
    const kept = slow.probe === null || slow.probe.id === row.id;
    if (kept) {
      slow.failures = slow.probe && slow.reason === reason ? slow.failures + 1 : 0;
      slow.reason = reason;
      slow.probe = row;
      slow.probeAtMs = nowMs + probeWaitMs(reason, slow.failures);
    }
    this.#topics.set(row.topic, slow);
    const tag = `${row.topic} ${reason}`;
    const first = !this.#told.has(tag);
    this.#told.add(tag);
    return { kept, first };
  }

  /** The broker took a row of this topic. @returns the other row that was to try, to be released; undefined when the topic was not slow */
  opened(topic: string): { readonly probe: Row | null } | undefined {
    for (const tag of this.#told) if (tag.startsWith(`${topic} `)) this.#told.delete(tag);
    const slow = this.#topics.get(topic);
    this.#topics.delete(topic);
    return slow;
  }

  /** The rows that try, each with the monotonic ms at which it may go out. */
  *probes(): Generator<{ readonly row: Row; readonly atMs: number }> {
    for (const { probe, probeAtMs } of this.#topics.values())
      if (probe) yield { row: probe, atMs: probeAtMs };
  }

  /** This row tries no more. @returns true when it was the one that tried: the next row of the topic may take its place */
  abandon(row: Row): boolean {
    const slow = this.#topics.get(row.topic);
    if (slow?.probe?.id !== row.id) return false;
    slow.probe = null;
    return true;
  }

  /** The reason of the first slow topic, null when all are open. */
  get reason(): SlowReason | null {
    const [first] = this.#topics.values();
    return first?.reason ?? null;
  }
}
