import type { Profile, ProfileSettings } from "../config/profile.ts";
import { passingFrames } from "../sense/sensor/profile/beat.ts";
import { cutterOf } from "../sense/sensor/profile/cutter.ts";
import { doubtOf, openFrame, understand } from "../sense/sensor/profile/messages.ts";
import { settledMessages } from "../sense/sensor/profile/settle.ts";
import { MAGIC } from "../sense/sensor/ti/frames.ts";
import { decodeTi, startOfTi } from "../sense/sensor/ti/stream.ts";
import { proofOf } from "./proof.ts";

/** What some bytes were to one profile. Numbers for the judge only: those that follow people never leave it. */
export interface Heard {
  /** Whole good frames that come whether anybody passes or not. */
  readonly steady: number;
  /** Whole good frames of which each may be a passage: only whether there was one may be told. */
  readonly passing: number;
  /** Frames that began and failed. */
  readonly failed: number;
  /** Of the good frames, all together, as `proofOf` counts. */
  readonly proofBits: number;
  readonly fittingBytes: number;
  readonly strayBytes: number;
  /** Whole JSON objects that are none of the messages. */
  readonly otherJson: boolean;
}

/** Listens to a line for one profile. Holds no more than its framer does, and nothing of what frames say. */
export interface Listener {
  readonly heard: Heard;
  push(bytes: Uint8Array): void;
}

export const HEARD_NOTHING: Heard = {
  steady: 0,
  passing: 0,
  failed: 0,
  proofBits: 0,
  fittingBytes: 0,
  strayBytes: 0,
  otherJson: false,
};

/** A listener for a serial profile. */
export function listenerFor(profile: Profile, settings: ProfileSettings): Listener {
  return profile.engine === "ti-iwr6843" ? new TiListener() : new FrameListener(profile, settings);
}

class FrameListener implements Listener {
  heard = HEARD_NOTHING;
  readonly #profile: Profile;
  readonly #messages: Profile["messages"];
  readonly #passing: ReadonlySet<string>;
  readonly #push: ReturnType<typeof cutterOf>["push"];

  constructor(profile: Profile, settings: ProfileSettings) {
    this.#profile = profile;
    this.#messages = settledMessages(profile, settings);
    this.#passing = passingFrames(profile);
    const cutter = cutterOf(profile, settings, (name, bytes) => doubtOf(profile, name, bytes));
    this.#push = (bytes) => cutter.push(bytes);
  }

  push(bytes: Uint8Array): void {
    const { frames, discarded, skipped } = this.#push(bytes);
    const { heard } = this;
    const failed = heard.failed + discarded.length;
    this.heard = { ...heard, failed, strayBytes: heard.strayBytes + skipped };
    for (const { name, frame } of frames) this.#take(name, frame);
  }

  #take(name: string, frame: Uint8Array): void {
    const { heard } = this;
    const good = this.#judge(name, frame);
    if (good !== "good") {
      const failed = heard.failed + (good === "failed" ? 1 : 0);
      const otherJson = heard.otherJson || good === "other json";
      this.heard = { ...heard, failed, otherJson, strayBytes: heard.strayBytes + frame.length };
      return;
    }
    const kind = this.#passing.has(name) ? "passing" : "steady";
    const proofBits = heard.proofBits + proofOf(this.#profile, name);
    const fittingBytes = heard.fittingBytes + frame.length;
    this.heard = { ...heard, [kind]: heard[kind] + 1, proofBits, fittingBytes };
  }

  /** A binary frame that no message is about is proven by its tail or check; a text or JSON could be anybody's. */
  #judge(name: string, frame: Uint8Array): "good" | "failed" | "other" | "other json" {
    const opened = openFrame(this.#profile, name, frame);
    // What holds something forbidden, such as a picture, still tells whose it is.
    if (opened.is === "forbidden") return "good";
    if (opened.is === "discard") return "failed";
    const { readings, discarded } = understand(this.#messages, opened, null, { mirrorX: false });
    if (discarded.length > 0) return "failed";
    if (readings.length > 0) return "good";
    const kind = this.#profile.frames.find((one) => one.name === name);
    if (kind?.kind === "binary") return kind.check || kind.tail ? "good" : "other";
    return opened.content.is === "json" ? "other json" : "other";
  }
}

/** The radar's frames prove themselves by a long magic word and TLVs that fill them exactly. */
class TiListener implements Listener {
  heard = HEARD_NOTHING;
  #state = startOfTi;

  push(bytes: Uint8Array): void {
    const before = this.#state.held.length - this.#state.spent;
    const { state, frames, frameBytes, discarded } = decodeTi(this.#state, bytes);
    this.#state = state;
    const held = state.held.length - state.spent;
    const { heard } = this;
    this.heard = {
      ...heard,
      steady: heard.steady + frames,
      failed: heard.failed + discarded.filter((why) => why === "wrong_form").length,
      proofBits: heard.proofBits + frames * 8 * MAGIC.length,
      fittingBytes: heard.fittingBytes + frameBytes,
      strayBytes: heard.strayBytes + Math.max(0, before + bytes.length - held - frameBytes),
    };
  }
}
