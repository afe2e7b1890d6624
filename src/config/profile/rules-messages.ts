import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import type { Frame } from "./frames.ts";
import type { Message } from "./messages.ts";
import { emitRules } from "./rules-emit.ts";
import { fieldRules, whereFields } from "./rules-fields.ts";

/** What must hold for one message: its frame exists, what it reads lies in it, what it emits was read. */
export function* messageRules(profile: Profile, index: number): Generator<RuleProblem> {
  const message = profile.messages[index];
  if (!message) return;
  const frame = profile.frames.find(({ name }) => name === message.frame);
  const own = ["messages", index] as const;
  const placed = (problem: RuleProblem) => ({ ...problem, path: [...own, ...problem.path] });
  if (!frame) yield { path: [...own, "frame"], message: `there is no frame "${message.frame}"` };
  else {
    for (const problem of whenRules(profile, message, frame)) yield placed(problem);
    for (const problem of [...whereFields(message, frame), ...fieldRules(profile, message, frame)])
      yield placed(problem);
  }
  for (const problem of emitRules(profile, message)) yield placed(problem);
}

function* whenRules(profile: Profile, message: Message, frame: Frame): Generator<RuleProblem> {
  const { when, split } = message;
  const needs: readonly [boolean, string, readonly Frame["kind"][]][] = [
    [when.starts !== undefined, "starts", ["line"]],
    [when.json !== undefined, "json", ["json-stream"]],
    [when.byte !== undefined, "byte", ["binary"]],
  ];
  for (const [given, key, kinds] of needs) {
    if (given && !kinds.includes(frame.kind))
      yield { path: ["when", key], message: `needs a frame of kind ${kinds.join(" or ")}` };
  }
  if (split !== undefined && frame.kind !== "line")
    yield { path: ["split"], message: "needs a frame of kind line" };
  const poll = profile.poll.find(({ name }) => name === when.poll);
  if (when.poll !== undefined && !poll)
    yield { path: ["when", "poll"], message: `there is no poll "${when.poll}"` };
  const asked = frame.kind === "modbus-rtu" ? "modbus" : frame.kind === "dcon" ? "dcon" : undefined;
  if (!asked) return;
  if (when.poll === undefined)
    yield {
      path: ["when"],
      message: `an answer says nothing without its question; add poll: <name of a ${asked} poll>`,
    };
  else if (poll && !poll[asked])
    yield { path: ["when", "poll"], message: `"${poll.name}" is no ${asked} poll` };
}
