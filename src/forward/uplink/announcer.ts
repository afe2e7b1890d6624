import type { Log } from "../../base/log.ts";
import type { Health, HealthMessage } from "../../contract/health.ts";
import type { Birth } from "../../contract/status.ts";
import type { Topics } from "../../contract/topics.ts";
import type { Answer, Outbox } from "../ports.ts";
import { reasonHex } from "./classify.ts";
import type { Link, Outgoing } from "./link.ts";
import { birthMessage, deathMessage, type HealthContext, healthMessage, type Run } from "./status.ts";

const ANSWER_SECONDS = 60;

export interface AnnouncerOptions {
  readonly topics: Topics;
  readonly outbox: Outbox;
  readonly log: Log;
  readonly backlogPerSecond: number;
  readonly birth: () => Birth;
  readonly health: () => Health;
  /** The signed privacy report; null while there is none. */
  readonly report: () => string | null;
}

/** What the gateway says about itself: birth, death, health and the privacy report. None of it is ever kept for later. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #told = new Set<string>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** The last will of one connection. */
  will(run: Run): { topic: string; payload: string } {
    return { topic: this.#options.topics.status, payload: JSON.stringify(deathMessage(run, "lost")) };
  }

  /** The birth, and the privacy report with it: at every connect. */
  birth(link: Link, run: Run, heard: (reasonCode: number) => void): void {
    this.#status(link, birthMessage(run, this.#options.birth(), this.#options.outbox.stats()), heard);
    this.#report(link);
  }

  /** Says again what has changed. */
  changed(what: "about" | "report", link: Link, run: Run): void {
    if (what === "report") this.#report(link);
    else this.#status(link, birthMessage(run, this.#options.birth(), this.#options.outbox.stats()));
  }

  goodbye(link: Link, run: Run, heard: (reasonCode: number) => void): void {
    this.#status(link, deathMessage(run, "stopped"), heard);
  }

  healthNow(known: Omit<HealthContext, "stats" | "storage" | "backlogPerSecond">): HealthMessage {
    const { outbox, backlogPerSecond } = this.#options;
    const context = { ...known, backlogPerSecond, stats: outbox.stats(), storage: outbox.trouble() };
    return healthMessage(this.#options.health(), context);
  }

  health(link: Link, message: HealthMessage): void {
    const { health: topic } = this.#options.topics;
    const payload = JSON.stringify(message);
    link.publish({ topic, payload, retain: false, contentType: "application/json" }, () => {});
  }

  /** What was asked for from afar. One that cannot be delivered soon is of no use to who waits for it. */
  answer(link: Link, { topic, payload, correlation }: Answer, heard: () => void): void {
    const message = { topic, payload, retain: false, contentType: "application/json" } as const;
    const properties = { expirySeconds: ANSWER_SECONDS, ...(correlation && { correlation }) };
    link.publish({ ...message, ...properties }, (reasonCode) => {
      this.judged(topic, reasonCode);
      heard();
    });
  }

  /** What the broker answered. That its ACL is in the way is said once, until it no longer is. */
  judged(what: string, reasonCode: number): void {
    if (reasonCode < 0x80) return void this.#told.delete(what);
    if (this.#told.has(what)) return;
    this.#told.add(what);
    const reason = reasonHex(reasonCode);
    this.#options.log.warn("uplink.refused", { code: "broker.denied", topic: what, reason });
  }

  #report(link: Link): void {
    const payload = this.#options.report();
    const { privacy: topic } = this.#options.topics;
    if (payload !== null) this.#retained(link, { topic, payload, contentType: "application/jose" });
  }

  #status(link: Link, message: object, heard?: (reasonCode: number) => void): void {
    const { status: topic } = this.#options.topics;
    const payload = JSON.stringify(message);
    this.#retained(link, { topic, payload, contentType: "application/json" }, heard);
  }

  #retained(
    link: Link,
    message: Pick<Outgoing, "topic" | "payload" | "contentType">,
    heard: (reasonCode: number) => void = () => {},
  ): void {
    const { topic } = message;
    link.publish({ ...message, retain: true }, (reasonCode) => {
      this.judged(topic, reasonCode);
      heard(reasonCode);
    });
  }
}
