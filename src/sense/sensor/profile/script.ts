import { assert } from "../../../base/assert.ts";
import type { Expected, InitStep, Message, Poll, Profile, ProfileSettings } from "../../../config/profile.ts";
import { chirpSteps } from "../dialogue/chirp.ts";
import { dconAnswer, dconRequest } from "../dialogue/dcon.ts";
import type {
  DialogueScript,
  Expect,
  FrameExpect,
  Liveness,
  Poll as ScriptPoll,
  InitStep as ScriptStep,
} from "../dialogue/dialogue.ts";
import { readAnswer, readRequest, silenceMs, writeAnswer, writeSingle } from "../dialogue/modbus.ts";
import { latin1 } from "../frames/bytes.ts";
import { settingOf } from "./settle.ts";

/** The conversation that a profile describes, with the values of the settings in place. */
export function scriptOf(profile: Profile, settings: ProfileSettings): DialogueScript {
  const { transport, frames } = profile;
  const modbus = frames.some(({ kind }) => kind === "modbus-rtu");
  return {
    init: profile.init.flatMap((step) => initSteps(profile, step, settings)),
    polls: profile.poll.map((poll) => scriptPoll(profile, poll, settings)),
    liveness: livenessOf(profile),
    ...(transport.kind === "serial" && transport.bus && { bus: transport.bus }),
    ...(transport.kind === "serial" && modbus && { gapMs: silenceMs(transport.baudRate) }),
  };
}

function livenessOf({ health: { liveness, silentAfterMs } }: Profile): Liveness {
  if (liveness === "none") return { kind: "none" };
  assert(silentAfterMs !== undefined, "a profile with a liveness says when it is silence");
  return { kind: liveness, silentAfterMs };
}

function initSteps(profile: Profile, step: InitStep, settings: ProfileSettings): readonly ScriptStep[] {
  const { onlyIf, port, send, timeoutMs, retries, gapMs, always } = step;
  if (onlyIf && settingOf(onlyIf, settings) !== true) return [];
  const common = { port, timeoutMs, retries, gapMs, always };
  const expect = step.expect ? expectOf(step.expect) : null;
  if ("hex" in send) return [{ ...common, send: send.hex, expect }];
  if ("text" in send) return [{ ...common, send: latin1(send.text), expect }];
  if ("modbus" in send) {
    const { fc, addr, value, confirm } = send.modbus;
    const unit = unitOf(settings);
    const bytes = writeSingle(unit, fc, addr, value);
    return [{ ...common, send: bytes, expect: confirm ? writeAnswer(unit, fc, addr, value) : null }];
  }
  const text = String(settingOf(send, settings) ?? "");
  if (profile.settings[send.setting]?.type === "file")
    return chirpSteps(text, { port, timeoutMs, retries, gapMs });
  return [{ ...common, send: latin1(text), expect }];
}

/** What proves a step, as the dialogue wants it. */
export function expectOf(expected: Expected): Expect {
  if ("hex" in expected) return { kind: "frame", starts: expected.hex };
  if ("json" in expected) return { kind: "frame", json: expected.json };
  return { kind: "text", any: expected.any, ...(expected.refuse && { refuse: expected.refuse }) };
}

/** A poll as the dialogue wants it, with the values of the settings in place. */
export function scriptPoll(profile: Profile, poll: Poll, settings: ProfileSettings): ScriptPoll {
  const { name, everyMs, timeoutMs, retries } = poll;
  return { name, port: "main", everyMs, timeoutMs, retries, ...question(profile, poll, settings) };
}

function question(
  { messages }: Profile,
  { name, send, modbus, dcon }: Poll,
  settings: ProfileSettings,
): { readonly send: Uint8Array; readonly expect: FrameExpect } {
  const readers = messages.filter(({ when }) => when.poll === name);
  if (modbus) {
    const unit = unitOf(settings);
    const fc = Number(settingOf(modbus.fc, settings)) === 4 ? 4 : 3;
    const addr = Number(settingOf(modbus.addr, settings));
    return { send: readRequest(unit, fc, addr, modbus.qty), expect: readAnswer(unit, fc, modbus.qty) };
  }
  if (dcon) {
    const command = Number(settingOf(dcon.channel, settings)).toString(16).toUpperCase();
    const checksum = settings.checksum === true;
    const request = { lead: "#", unit: unitOf(settings), command, checksum } as const;
    return { send: dconRequest(request), expect: dconAnswer(request, digitsOf(readers)) };
  }
  const bytes = send && "hex" in send ? send.hex : latin1(send?.text ?? "");
  const [reader] = readers;
  assert(reader !== undefined && bytes.length > 0, `poll ${name} asks something that a message reads`);
  return { send: bytes, expect: answerOf(reader) };
}

/** The answer to a text or hex poll is known by what its message needs. */
function answerOf({ frame, when, fields, lists }: Message): FrameExpect {
  const pointers = [...Object.values(fields), ...Object.values(lists)].flatMap((one) =>
    "json" in one ? [one.json] : [],
  );
  return {
    kind: "frame",
    frame,
    ...(when.starts !== undefined && { starts: latin1(when.starts) }),
    ...(when.json && { json: when.json }),
    ...(pointers.length > 0 && { has: pointers }),
  };
}

/** How many hex digits stand behind the `>` of a DCON answer. */
function digitsOf(readers: readonly Message[]): number {
  const ends = readers.flatMap(({ fields }) =>
    Object.values(fields).map((field) => ("hexAt" in field ? field.hexAt - 1 + field.digits : 0)),
  );
  return Math.max(1, ...ends);
}

function unitOf({ unit }: ProfileSettings): number {
  assert(typeof unit === "number", "a device on a bus has a unit");
  return unit;
}
