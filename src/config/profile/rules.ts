import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import { conversationRules } from "./rules-conversation.ts";
import { frameRules } from "./rules-frames.ts";
import { messageRules } from "./rules-messages.ts";
import { settingRules } from "./rules-settings.ts";

/** Every rule that spans several keys, all problems at once. A profile that keeps them never trips an assertion later. */
export function profileRules(profile: Profile): RuleProblem[] {
  return [
    ...transportRules(profile),
    ...frameRules(profile),
    ...conversationRules(profile),
    ...profile.messages.flatMap((_, index) => [...messageRules(profile, index)]),
    ...doubleRules(profile),
    ...healthRules(profile),
    ...settingRules(profile),
  ];
}

const GPIO_ENGINES = ["two-beam", "pulse"];

function* transportRules(profile: Profile): Generator<RuleProblem> {
  const { transport, engine, frames, messages } = profile;
  if (transport.kind === "gpio") {
    for (const key of ["frames", "messages", "init", "poll"] as const) {
      if (profile[key].length > 0)
        yield { path: [key], message: "GPIO lines carry no bytes; remove it, or use transport kind: serial" };
    }
    if (!GPIO_ENGINES.includes(engine))
      yield { path: ["engine"], message: `GPIO lines need engine: ${GPIO_ENGINES.join(" or ")}` };
    return;
  }
  if (GPIO_ENGINES.includes(engine))
    yield { path: ["engine"], message: `engine: ${engine} needs transport kind: gpio` };
  const { ports, commandBaudRate } = transport;
  if (!ports.includes("main") || new Set(ports).size !== ports.length)
    yield { path: ["transport", "ports"], message: "expected [main] or [main, command]" };
  if (commandBaudRate !== undefined && !ports.includes("command"))
    yield { path: ["transport", "commandBaudRate"], message: "there is no port command in ports" };
  if (engine !== "declarative") return;
  if (frames.length === 0)
    yield { path: ["frames"], message: "missing; without a frame nothing can be read" };
  if (messages.length === 0)
    yield { path: ["messages"], message: "missing; without a message nothing is counted" };
}

/** Two ways to say the same would count people twice. */
function* doubleRules({ messages }: Profile): Generator<RuleProblem> {
  const pairs = [
    ["event", "cumulative"],
    ["presence", "occupancy"],
    ["targets", "tracks"],
  ] as const;
  for (const [one, other] of pairs) {
    const index = messages.findIndex(({ emit }) => emit[other]);
    if (index >= 0 && messages.some(({ emit }) => emit[one]))
      yield {
        path: ["messages", index, "emit", other],
        message: `${one} and ${other} would count twice; choose one`,
      };
  }
}

function* healthRules({ health, poll, messages, privacy, frames }: Profile): Generator<RuleProblem> {
  const { liveness, silentAfterMs } = health;
  if (liveness !== "none" && silentAfterMs === undefined)
    yield {
      path: ["health", "silentAfterMs"],
      message: `missing; liveness: ${liveness} needs to know when it is silence`,
    };
  if (liveness === "none" && silentAfterMs !== undefined)
    yield {
      path: ["health", "silentAfterMs"],
      message: "with liveness: none silence says nothing; remove it",
    };
  if (liveness === "poll" && poll.length === 0)
    yield { path: ["health", "liveness"], message: "there is no poll that could be answered" };
  const onlyPassages = messages.length > 0 && messages.every(({ emit, when }) => emit.event && !when.poll);
  if (liveness === "frames" && onlyPassages)
    yield {
      path: ["health", "liveness"],
      message: "every frame is a passage, so silence says nothing; use none",
    };
  if (privacy.forbid.length > 0 && !frames.some(({ kind }) => kind === "json-stream"))
    yield { path: ["privacy", "forbid"], message: "needs a frame of kind json-stream" };
}
