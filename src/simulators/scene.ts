/** Somebody on a straight path at even speed. Times are monotonic ms, places are metres in the view of the device. */
export interface Walker {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly from: readonly [x: number, y: number];
  readonly to: readonly [x: number, y: number];
}

/** Where somebody is. The number is the walker's place in the scene. */
export interface Person {
  readonly person: number;
  readonly x: number;
  readonly y: number;
}

/** Somebody passes a height: `in` when y grows. */
export interface Passage {
  readonly atMs: number;
  readonly way: "in" | "out";
}

/** Everybody who is there now, in the order of the scene. */
export function peopleAt(walkers: readonly Walker[], atMs: number): Person[] {
  return walkers.flatMap(({ fromMs, untilMs, from, to }, person) => {
    if (atMs < fromMs || atMs > untilMs) return [];
    const part = (atMs - fromMs) / (untilMs - fromMs);
    const between = (axis: 0 | 1) => from[axis] + (to[axis] - from[axis]) * part;
    return [{ person, x: between(0), y: between(1) }];
  });
}

/** The truth: every passage of the height `y`, in order of time. */
export function passagesOf(walkers: readonly Walker[], y: number): Passage[] {
  return walkers
    .flatMap(({ fromMs, untilMs, from, to }): Passage[] => {
      const way = to[1] > from[1] ? "in" : "out";
      if (Math.min(from[1], to[1]) >= y || Math.max(from[1], to[1]) <= y) return [];
      return [{ atMs: fromMs + ((y - from[1]) / (to[1] - from[1])) * (untilMs - fromMs), way }];
    })
    .sort((one, other) => one.atMs - other.atMs);
}

/** How many passages each way up to a moment, that moment included. */
export function countUntil(passages: readonly Passage[], atMs: number): { in: number; out: number } {
  const done = passages.filter((passage) => passage.atMs <= atMs);
  const inward = done.filter(({ way }) => way === "in").length;
  return { in: inward, out: done.length - inward };
}

/** When somebody passes next after a moment; undefined when nobody does. */
export function nextPassageMs(passages: readonly Passage[], afterMs: number): number | undefined {
  return passages.find(({ atMs }) => atMs > afterMs)?.atMs;
}

/** Somebody who goes a way half of the time, and back the other half. */
export function thereAndBack({ fromMs, untilMs, from, to }: Walker): readonly [Walker, Walker] {
  const turnMs = (fromMs + untilMs) / 2;
  return [
    { fromMs, untilMs: turnMs, from, to },
    { fromMs: turnMs, untilMs, from: to, to: from },
  ];
}
