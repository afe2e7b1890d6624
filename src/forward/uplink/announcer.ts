import type { Log } from "../../base/log.ts";
import type { Health } from "../../contract/health.ts";
import type { Birth } from "../../contract/status.ts";
import type { Topics } from "../../contract/topics.ts";
import type { Outbox } from "../ports.ts";
import { reasonHex } from "./classify.ts";
import type { Link } from "./link.ts";
import { birthMessage, deathMessage, type HealthContext, healthMessage, type Run } from "./status.ts";

export interface AnnouncerOptions {
  readonly topics: Topics;
  readonly outbox: Outbox;
  readonly log: Log;
  readonly backlogPerSecond: number;
  readonly birth: () => Birth;
  readonly health: () => Health;
}

/** What the gateway says about itself: birth, death and health. None of it is ever kept for later. */
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

  birth(link: Link, run: Run, heard: (reasonCode: number) => void): void {
    this.#status(link, birthMessage(run, this.#options.birth(), this.#options.outbox.stats()), heard);
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

  #status(link: Link, message: object, heard: (reasonCode: number) => void): void {
    const { status: topic } = this.#options.topics;
    const payload = JSON.stringify(message);
    link.publish({ topic, payload, retain: true, contentType: "application/json" }, (reasonCode) => {
      if (reasonCode >= 0x80) this.denied(topic, reasonCode);
      else this.#told.delete(topic);
      heard(reasonCode);
    });
  }
}
