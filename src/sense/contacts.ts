import type { Clock, Timer } from "../base/clock.ts";
import type { ErrorCode } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ContactConfig } from "../config/schema.ts";
import type { ContactState, GatewayEvent } from "../model.ts";
import {
  CONTACT_CODES,
  type Contact,
  type ContactStep,
  contactDueMs,
  contactLevel,
  contactLost,
  contactTick,
  unknownContact,
} from "./contact/contact.ts";
import type { LineListener } from "./line/port.ts";

export interface ContactsOptions {
  readonly contacts: readonly ContactConfig[];
  readonly clock: Clock;
  readonly log: Log;
  readonly declare: (event: GatewayEvent) => void;
  /** The power fails now; what this changed is to be told with what is saved. */
  readonly onPowerFail: (events: readonly GatewayEvent[]) => void;
  readonly onStates: () => void;
}

interface Watched {
  readonly config: ContactConfig;
  contact: Contact;
  /** Why the line is not open. */
  code: ErrorCode | undefined;
}

/** The contacts of the cabinet and the supply. They are about the gateway; what they say is told as it happens. */
export class Contacts {
  readonly #options: ContactsOptions;
  readonly #watched: readonly Watched[];
  #timer: Timer | undefined;

  constructor(options: ContactsOptions) {
    this.#options = options;
    this.#watched = options.contacts.map((config) => ({ config, contact: unknownContact, code: undefined }));
  }

  /** What the line of each contact tells. */
  listeners(): { readonly config: ContactConfig; readonly listener: LineListener }[] {
    return this.#watched.map((one) => ({ config: one.config, listener: this.#listenerFor(one) }));
  }

  states(): ContactState[] {
    return this.#watched.map(({ config: { id, use }, contact: { watched, alarm }, code }) => {
      if (alarm.raised) return { id, use, condition: "alarm", code: CONTACT_CODES[use] };
      if (watched) return { id, use, condition: "ok" };
      return { id, use, condition: "unknown", ...(code && { code }) };
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #listenerFor(one: Watched): LineListener {
    const { log, onStates } = this.#options;
    const { id, use } = one.config;
    return {
      up: (atMs, levels) => {
        log.info("contact.up", { contact: id });
        one.code = undefined;
        const level = levels[CONTACT_LINE];
        if (level !== undefined) this.#take(one, contactLevel(one.contact, use, level, atMs));
        onStates();
      },
      down: (code) => {
        log.warn("contact.down", { contact: id, code });
        one.code = code;
        one.contact = contactLost(one.contact);
        onStates();
      },
      edge: ({ level, atMs }) => this.#take(one, contactLevel(one.contact, use, level, atMs)),
      bytes() {},
      // The level after them is told by the edge that follows.
      lost() {},
    };
  }

  #take(one: Watched, { contact, news, acts }: ContactStep): void {
    const { declare, onPowerFail, onStates } = this.#options;
    const events = news ? [this.#told(one, news)] : [];
    one.contact = contact;
    if (acts && one.config.use === "power-fail") onPowerFail(events);
    else for (const event of events) declare(event);
    if (news) onStates();
    this.#arm();
  }

  /** The city is told after a start what is well, too; in the log that would only be read as if something had been wrong. */
  #told({ config: { id, use }, contact: before }: Watched, state: "raised" | "cleared"): GatewayEvent {
    const { log } = this.#options;
    if (state === "raised") log.warn("contact.raised", { contact: id, code: CONTACT_CODES[use] });
    else if (before.alarm.raised) log.info("contact.cleared", { contact: id });
    return { kind: "contact", id, use, state };
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#timer?.cancel();
    const dues = this.#watched.map(({ contact, config }) => contactDueMs(contact, config.use));
    const dueMs = Math.min(...dues.filter((due) => due !== null));
    if (!Number.isFinite(dueMs)) return;
    this.#timer = clock.after("contacts", Math.max(0, dueMs - clock.monotonic()), () => {
      const nowMs = clock.monotonic();
      for (const one of this.#watched) this.#take(one, contactTick(one.contact, one.config.use, nowMs));
    });
  }
}

/** What the line of a contact is called in its request. */
export const CONTACT_LINE = "contact";
