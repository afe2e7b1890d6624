import type { Clock } from "../base/clock.ts";
import { type FromForward, WALK_BYTES_SINCE_MINOR, WALKS_SINCE_MINOR, type WalkTest } from "./protocol.ts";

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

  /** @param send puts the question, as this forward understands it */
  ask(event: WalkTest, send: (understood: WalkTest) => void): Promise<WalkReply> {
    const understood = asUnderstood(event, this.#minor);
    if (this.#done || understood === null) return Promise.resolve("absent");
    return new Promise((resolve) => {
      const timer = this.#clock.after("handover walk test", ANSWER_MS, () => this.#giveUp());
      this.#done = (reply) => {
        timer.cancel();
        this.#done = undefined;
        resolve(reply);
      };
      send(understood);
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

/**
 * The event for a forward of this minor version; null when it could not keep what must be told. One that knows nothing of
 * bytes still counts a test without them: the signed record says the rest.
 */
function asUnderstood(event: WalkTest, minor: number): WalkTest | null {
  if (minor >= WALK_BYTES_SINCE_MINOR) return event;
  const { bytes, ...rest } = event;
  return minor >= WALKS_SINCE_MINOR && !bytes ? rest : null;
}
