import type { Profile, ProfileSettings } from "../config/profile.ts";
import {
  awaited,
  type DialogueEvent,
  type DialogueScript,
  type DialogueState,
  dialogue,
  dueMs,
  type InitStep,
  startDialogue,
} from "../sense/sensor/dialogue/dialogue.ts";
import type { Outgoing } from "../sense/sensor/engine.ts";
import { latin1 } from "../sense/sensor/frames/bytes.ts";
import { type Cutter, cutterOf } from "../sense/sensor/profile/cutter.ts";
import { expectOf, scriptPoll } from "../sense/sensor/profile/script.ts";
import { settingOf } from "../sense/sensor/profile/settle.ts";
import { proofOfAnswer } from "./proof.ts";
import { probingSettings } from "./settings.ts";

/** How often each question is asked. */
const TIMES = 3;
const GAP_MS = 20;

/** What became of the questions. They are the gateway's own, so their numbers say nothing of people. */
export interface Answers {
  readonly asked: number;
  readonly answers: number;
  readonly timeouts: number;
  /** The device is there and says no. */
  readonly refusals: number;
  readonly proofBits: number;
}

/** True when the profile has anything harmless to ask. */
export function canBeAsked(profile: Profile): boolean {
  return profile.engine === "declarative" && (harmlessPolls(profile).length > 0 || hasOwn(profile));
}

function hasOwn({ probe }: Profile): boolean {
  return (probe?.ask.length ?? 0) > 0;
}

/**
 * A poll whose answer clears the counter takes people away from whoever counts here. One that needs a setting of which
 * nobody knows the value cannot be asked.
 */
function harmlessPolls(profile: Profile): Profile["poll"] {
  const { poll, messages } = profile;
  const settings = probingSettings(profile);
  const known = (value: unknown) => settingOf(value, settings) !== undefined;
  const clears = new Set(
    messages.filter(({ emit }) => emit.cumulative?.clearOnRead).map(({ when }) => when.poll),
  );
  return poll.filter(({ name, modbus, dcon }) => {
    const needs = [...(modbus ? [modbus.fc, modbus.addr] : []), ...(dcon ? [dcon.channel] : [])];
    const onBus = modbus || dcon ? [...needs, { setting: "unit" }] : needs;
    return !clears.has(name) && onBus.every(known);
  });
}

/** Polls and harmless questions of a profile, each asked a few times. Nothing of `init` is among them. */
export function questionsOf(profile: Profile, settings: ProfileSettings): DialogueScript {
  const common = { port: "main", retries: 0, gapMs: GAP_MS, always: true } as const;
  const polls = harmlessPolls(profile).map((poll): InitStep => {
    const { send, expect, timeoutMs } = scriptPoll(profile, poll, settings);
    return { ...common, send, expect, timeoutMs };
  });
  const own = (profile.probe?.ask ?? []).map(({ send, expect, timeoutMs }): InitStep => {
    const bytes = "hex" in send ? send.hex : latin1(send.text);
    return { ...common, send: bytes, expect: expectOf(expect), timeoutMs };
  });
  const once = [...own, ...polls];
  const { transport } = profile;
  return {
    init: Array.from({ length: TIMES }, () => once).flat(),
    polls: [],
    liveness: { kind: "none" },
    ...(transport.kind === "serial" && transport.bus && { bus: transport.bus }),
  };
}

/** One round of questions, pure: bytes and times in, bytes to send and answers out. */
export class Asking {
  readonly #script: DialogueScript;
  readonly #cutter: Cutter;
  #talk: DialogueState;
  #proofBits = 0;
  #answers = 0;

  constructor(profile: Profile, settings: ProfileSettings) {
    this.#script = questionsOf(profile, settings);
    this.#cutter = cutterOf(profile, settings, () => null);
    this.#talk = startDialogue(this.#script);
  }

  /** When `tick` is wanted (monotonic ms), or null when all was asked. */
  get dueMs(): number | null {
    return this.#talk.phase.at === "init" ? dueMs(this.#talk) : null;
  }

  get answers(): Answers {
    const { timeouts, exceptions } = this.#talk.tallies;
    const asked = this.#answers + timeouts + exceptions;
    return { asked, answers: this.#answers, timeouts, refusals: exceptions, proofBits: this.#proofBits };
  }

  opened(atMs: number): readonly Outgoing[] {
    return this.#tell({ type: "opened" }, atMs);
  }

  tick(atMs: number): readonly Outgoing[] {
    return this.dueMs === null ? [] : this.#tell({ type: "tick" }, atMs);
  }

  bytes(chunk: Uint8Array, atMs: number): readonly Outgoing[] {
    if (this.dueMs === null) return [];
    const send = [...this.#tell({ type: "text", port: "main", bytes: chunk }, atMs)];
    for (const { name, frame } of this.#cutter.push(chunk).frames)
      send.push(...this.#tell({ type: "frame", port: "main", name, bytes: frame }, atMs));
    return send;
  }

  #tell(event: DialogueEvent, atMs: number): readonly Outgoing[] {
    const before = this.#talk;
    const turn = dialogue(before, event, atMs);
    this.#talk = turn.state;
    if (event.type !== "opened" && event.type !== "tick") this.#count(before, turn.state);
    const request = awaited(turn.state);
    if (turn.send.length > 0 || (awaited(before) && !request)) this.#cutter.asked(request);
    return this.#talk.phase.at === "init" ? turn.send : [];
  }

  /** A step that ended while bytes came, and neither timed out nor was refused, was answered. */
  #count(before: DialogueState, after: DialogueState): void {
    const request = awaited(before);
    if (!request?.expect || awaited(after)?.exchange.sentMs === request.exchange.sentMs) return;
    const failed = (one: DialogueState) => one.tallies.timeouts + one.tallies.exceptions;
    if (failed(after) > failed(before)) return;
    this.#answers += 1;
    this.#proofBits += proofOfAnswer(request.expect);
  }
}
