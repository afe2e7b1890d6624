import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import type { InitStep, Poll } from "./conversation.ts";
import { isLatin1 } from "./rules-frames.ts";
import { fits } from "./settings.ts";

/** What must hold for init steps and polls. */
export function* conversationRules(profile: Profile): Generator<RuleProblem> {
  for (const [index, step] of profile.init.entries()) {
    for (const { path, message } of stepRules(profile, step))
      yield { path: ["init", index, ...path], message };
  }
  const taken = new Set<string>();
  for (const [index, poll] of profile.poll.entries()) {
    if (taken.has(poll.name))
      yield { path: ["poll", index, "name"], message: `there is another poll "${poll.name}"` };
    taken.add(poll.name);
    for (const { path, message } of pollRules(profile, poll))
      yield { path: ["poll", index, ...path], message };
  }
  yield* probeRules(profile);
}

/** Questions keep the rules of init steps; values keep those of the settings they stand for. */
function* probeRules(profile: Profile): Generator<RuleProblem> {
  const { probe, transport, engine, settings } = profile;
  if (!probe) return;
  if (transport.kind === "gpio") yield { path: ["probe"], message: "GPIO lines cannot be asked; remove it" };
  else if (engine !== "declarative" && probe.ask.length > 0)
    yield { path: ["probe", "ask"], message: `engine: ${engine} cannot be asked; remove it` };
  for (const [key, value] of Object.entries(probe.settings)) {
    const setting = Object.hasOwn(settings, key) ? settings[key] : undefined;
    if (!setting || !fits(setting, value))
      yield {
        path: ["probe", "settings", key],
        message: "expected a setting of this profile, within its bounds",
      };
  }
  for (const [index, { send, expect }] of probe.ask.entries()) {
    const step = { port: "main", send, expect } as const;
    for (const { path, message } of stepRules(profile, step))
      yield { path: ["probe", "ask", index, ...path], message };
  }
}

function* stepRules(
  profile: Profile,
  step: Pick<InitStep, "port" | "send" | "expect">,
): Generator<RuleProblem> {
  const { port, send, expect } = step;
  const { transport } = profile;
  if (transport.kind === "serial" && !transport.ports.includes(port))
    yield { path: ["port"], message: `there is no port ${port} in transport.ports` };
  if ("text" in send && !isLatin1(send.text))
    yield { path: ["send", "text"], message: "only characters of one byte (Latin-1)" };
  if ("modbus" in send) {
    yield* needsFrame(profile, "modbus-rtu", ["send", "modbus"]);
    if (expect) yield { path: ["expect"], message: "a Modbus write knows its answer; remove expect" };
  }
  if (!expect) return;
  if ("any" in expect && ![...expect.any, ...(expect.refuse ?? [])].every(isLatin1))
    yield { path: ["expect", "any"], message: "only characters of one byte (Latin-1)" };
  if (!("any" in expect) && port === "command")
    yield { path: ["expect"], message: "frames are read on port main only; expect any: [text] here" };
  if ("json" in expect) yield* needsFrame(profile, "json-stream", ["expect", "json"]);
  if ("hex" in expect) yield* needsFrame(profile, "binary", ["expect", "hex"]);
}

function* pollRules(profile: Profile, poll: Poll): Generator<RuleProblem> {
  if (poll.send && "text" in poll.send && !isLatin1(poll.send.text))
    yield { path: ["send", "text"], message: "only characters of one byte (Latin-1)" };
  if (poll.modbus) yield* needsFrame(profile, "modbus-rtu", ["modbus"]);
  if (poll.dcon) yield* needsFrame(profile, "dcon", ["dcon"]);
  const readers = profile.messages.filter(({ when }) => when.poll === poll.name).length;
  if (readers === 0)
    yield {
      path: ["name"],
      message: `no message reads the answer; give one when: { poll: ${poll.name} }, or ask less`,
    };
  if (poll.send && readers > 1)
    yield { path: ["name"], message: "only one message may say what the answer to a text or hex poll is" };
}

function* needsFrame(
  { frames }: Profile,
  kind: Profile["frames"][number]["kind"],
  path: readonly string[],
): Generator<RuleProblem> {
  if (!frames.some((frame) => frame.kind === kind)) yield { path, message: `needs a frame of kind ${kind}` };
}
