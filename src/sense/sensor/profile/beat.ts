import type { Profile } from "../../../config/profile.ts";

/**
 * The frames of which each may be a passage. All, when silence says nothing; else those that only carry passages and
 * totals, as far as another kind of frame shows that the device lives.
 */
export function passingFrames(profile: Profile): ReadonlySet<string> {
  const names = profile.frames.map(({ name }) => name);
  if (profile.health.liveness === "none") return new Set(names);
  const passing = names.filter((name) => {
    const own = profile.messages.filter(({ frame }) => frame === name);
    return own.length > 0 && own.every(isPassing);
  });
  return new Set(passing.length < names.length ? passing : []);
}

/**
 * The frames that come whether anybody passes or not, so that how they come may be told: none of their messages is a
 * passage. Those that are read, where there are such; else those that no message is about, as a sign of life is.
 */
export function beatFrames({ frames, messages, health }: Profile): ReadonlySet<string> {
  if (health.liveness === "none") return new Set();
  const of = (name: string) => messages.filter(({ frame }) => frame === name);
  const steady = frames.map(({ name }) => name).filter((name) => !of(name).some(isPassing));
  const read = steady.filter((name) => of(name).length > 0);
  return new Set(read.length > 0 ? read : steady);
}

/** Sent by itself when somebody passed. */
function isPassing({ emit, when }: Profile["messages"][number]): boolean {
  return Boolean(emit.event || emit.cumulative) && !when.poll;
}
