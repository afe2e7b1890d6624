import type { Walker } from "../../src/simulators/scene.ts";

/** Somebody who walks 2 m straight past the height y = 2, in so many ms; the passage is half way. */
export function walks(way: "in" | "out", passesMs: number, takesMs = 2000): Walker {
  const [low, high] = [[0, 1] as const, [0, 3] as const];
  const [from, to] = way === "in" ? [low, high] : [high, low];
  return { fromMs: passesMs - takesMs / 2, untilMs: passesMs + takesMs / 2, from, to };
}

/** People who pass in turn from a moment on, every so many ms: two in, one out. */
export function crowd(people: number, firstMs: number, everyMs: number): Walker[] {
  return Array.from({ length: people }, (_, at) =>
    walks(at % 3 === 2 ? "out" : "in", firstMs + at * everyMs),
  );
}
