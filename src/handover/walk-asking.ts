import type { Clock } from "../base/clock.ts";
import { type FromForward, WALKS_SINCE_MINOR } from "./protocol.ts";

/** What forward answers about a walk test; `absent`: it is not there, too old, or did not answer in time. */
export type WalkReply = Extract<FromForward, { type: "walk" }>["answer"] | "absent";

/** A card that stalls for longer keeps nobody waiting on a ladder. */
const ANSWER_MS = 10_000;

/** The question whether a walk test may begin, while it waits for its answer. One at a time. */
export class WalkAsking {
  readonly #clock: Clock;
  /** Minor version of a forward that is there. */
  #minor = 0;
  #done: ((reply: WalkReply) => void) | undefined;
  /** Questions of this connection that were given up: their answers may still come, and are for nobody. */
  #givenUp = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Forward has said hello. */
  heard(minor: number): void {
    this.#minor = minor;
  }

  /** The connection has gone. */
  lost(): void {
    this.#minor = 0;
    this.#givenUp = 0;
    this.#done?.("absent");
  }

  ask(send: () => void): Promise<WalkReply> {
    if (this.#done || this.#minor < WALKS_SINCE_MINOR) return Promise.resolve("absent");
    return new Promise((resolve) => {
      const timer = this.#clock.after("handover walk test", ANSWER_MS, () => this.#giveUp());
      this.#done = (reply) => {
        timer.cancel();
        this.#done = undefined;
        resolve(reply);
      };
      send();
    });
  }

  /** Forward answers in order. When nobody asked, nothing happens. */
  answer(reply: WalkReply): void {
    if (this.#givenUp > 0) this.#givenUp--;
    else this.#done?.(reply);
  }

  #giveUp(): void {
    this.#givenUp++;
    this.#done?.("absent");
  }
}
