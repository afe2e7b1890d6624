import type { Log } from "../../base/log.ts";
import type { Health } from "../../contract/health.ts";
import type { Birth } from "../../contract/status.ts";
import type { Topics } from "../../contract/topics.ts";
import type { Outbox } from "../ports.ts";
import { reasonHex } from "./classify.ts";
import type { Link, Outgoing } from "./link.ts";
import { birthMessage, deathMessage, type HealthContext, healthMessage, type Run } from "./status.ts";

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

  health(link: Link, known: Omit<HealthContext, "stats" | "storage" | "backlogPerSecond">): void {
    const { outbox, backlogPerSecond } = this.#options;
    const context = { ...known, backlogPerSecond, stats: outbox.stats(), storage: outbox.trouble() };
    const payload = JSON.stringify(healthMessage(this.#options.health(), context));
    const { health: topic } = this.#options.topics;
    link.publish({ topic, payload, retain: false, contentType: "application/json" }, () => {});
  }

  /** Says that the broker's ACL is in the way: once, until it no longer is. */
  denied(what: string, reasonCode: number): void {
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
      if (reasonCode >= 0x80) this.denied(topic, reasonCode);
      else this.#told.delete(topic);
      heard(reasonCode);
    });
  }
}
