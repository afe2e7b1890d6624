import { OTHER_CLASS } from "../classes.ts";
import type { Profile } from "../profile.ts";
import type { RuleProblem } from "../rules.ts";
import type { Emit, Field, Message } from "./messages.ts";

/** What is emitted was read, and makes sense. Paths begin at the message. */
export function* emitRules(profile: Profile, message: Message): Generator<RuleProblem> {
  const { emit } = message;
  for (const { at, name, text } of fieldsNamed(emit)) {
    const field = message.fields[name];
    if (!field) yield { path: ["emit", ...at], message: `there is no field "${name}" in this message` };
    else if (isText(field) && !text) yield { path: ["emit", ...at], message: `"${name}" is no number` };
  }
  if (emit.event) yield* eventRules(emit.event);
  if (emit.cumulative) yield* cumulativeRules(emit.cumulative);
  yield* listRules(message);
  const beams = profile.engine === "distance-beam";
  for (const kind of Object.keys(emit)) {
    if (profile.engine !== "declarative" && !(beams && kind === "beam"))
      yield { path: ["emit", kind], message: `engine: ${profile.engine} decides itself what is emitted` };
  }
  if (emit.beam && profile.engine === "declarative")
    yield { path: ["emit", "beam"], message: "a beam needs engine: distance-beam" };
}

interface Named {
  readonly at: readonly string[];
  readonly name: string;
  /** Text will do. */
  readonly text?: boolean;
}

function fieldsNamed({ event, cumulative, presence, occupancy, beam }: Emit): Named[] {
  const named: (Named | false | undefined)[] = [
    typeof event?.in === "string" && { at: ["event", "in"], name: event.in },
    typeof event?.out === "string" && { at: ["event", "out"], name: event.out },
    event?.direction && { at: ["event", "direction", "field"], name: event.direction.field, text: true },
    cumulative?.in !== undefined && { at: ["cumulative", "in"], name: cumulative.in },
    cumulative?.out !== undefined && { at: ["cumulative", "out"], name: cumulative.out },
    presence && { at: ["presence", "field"], name: presence.field },
    occupancy && "field" in occupancy && { at: ["occupancy", "field"], name: occupancy.field },
    beam && { at: ["beam", "field"], name: beam.field },
    beam?.strength !== undefined && { at: ["beam", "strength"], name: beam.strength },
  ];
  return named.filter((one) => typeof one === "object");
}

function isText(field: Field): boolean {
  return "json" in field && field.type === "text";
}

function* eventRules(event: NonNullable<Emit["event"]>): Generator<RuleProblem> {
  const { direction } = event;
  if (!direction && event.in === undefined && event.out === undefined)
    yield { path: ["emit", "event"], message: "expected in, out or direction" };
  const both = direction?.in.find((value) => direction.out.includes(value));
  if (both !== undefined)
    yield { path: ["emit", "event", "direction"], message: "one value cannot mean both in and out" };
}

function* cumulativeRules(given: NonNullable<Emit["cumulative"]>): Generator<RuleProblem> {
  const own = ["emit", "cumulative"] as const;
  if (given.in === undefined && given.out === undefined) yield { path: own, message: "expected in or out" };
  if (given.clearOnRead)
    yield {
      path: [...own, "clearOnRead"],
      message:
        "a counter that is cleared by reading loses people with every lost answer; switch it off in the device",
    };
  if (given.maxPerSecond === undefined)
    yield {
      path: [...own, "maxPerSecond"],
      message: "missing; without it a reset or a spike would be counted as people",
    };
  if (given.countdown && given.bits === undefined)
    yield { path: [...own, "countdown"], message: "a counter that runs down needs bits" };
}

function* listRules({ emit, lists }: Message): Generator<RuleProblem> {
  if (emit.occupancy && "countOf" in emit.occupancy && !lists[emit.occupancy.countOf])
    yield {
      path: ["emit", "occupancy", "countOf"],
      message: `there is no list "${emit.occupancy.countOf}" in this message`,
    };
  if (emit.occupancy && "countOf" in emit.occupancy) yield* classRules(emit.occupancy, lists);
  for (const kind of ["targets", "tracks"] as const) {
    const given = emit[kind];
    if (!given) continue;
    const list = lists[given.list];
    if (given.scale === undefined)
      yield { path: ["emit", kind, "scale"], message: "missing; say how many metres one unit is" };
    if (!list)
      yield { path: ["emit", kind, "list"], message: `there is no list "${given.list}" in this message` };
    for (const key of list ? (["x", "y", "id"] as const) : []) {
      const name = key === "id" ? ("id" in given ? given.id : undefined) : given[key];
      const field = name === undefined ? undefined : list?.fields[name];
      if (name !== undefined && !field)
        yield { path: ["emit", kind, key], message: `there is no field "${name}" in this list` };
      else if (field && key !== "id" && isText(field))
        yield { path: ["emit", kind, key], message: `"${name}" is no number` };
    }
  }
}

/** Every value means one class, and every class has values. */
function* classRules(
  { countOf, classes }: Extract<NonNullable<Emit["occupancy"]>, { countOf: string }>,
  lists: Message["lists"],
): Generator<RuleProblem> {
  if (!classes) return;
  const own = ["emit", "occupancy", "classes"] as const;
  const { field, values, alone = [] } = classes;
  const list = lists[countOf];
  if (list && !list.fields[field])
    yield { path: [...own, "field"], message: `there is no field "${field}" in this list` };
  const taken = new Map<string | number, string>();
  for (const [name, meaning] of Object.entries(values)) {
    if (name === OTHER_CLASS)
      yield { path: [...own, "values", name], message: `"${name}" is what has no class here; remove it` };
    for (const value of meaning) {
      const owner = taken.get(value);
      if (owner) yield { path: [...own, "values", name], message: `${value} means ${owner} already` };
      taken.set(value, name);
    }
  }
  for (const [index, name] of alone.entries()) {
    if (!Object.hasOwn(values, name))
      yield { path: [...own, "alone", index], message: `there is no class "${name}" in values` };
  }
}
