import { isMap, over, type Plain } from "../config/plain.ts";

/** Layers of one configuration: what many gateways have in common, and what one has of its own. Pure. */

/** Values as they stand at one place of the inventory. */
export interface Layer {
  /** Where it stands. */
  readonly path: readonly (string | number)[];
  readonly values: Plain;
}

/** Lays layers on each other, the strongest first. */
export function laid(layers: readonly Layer[]): Plain {
  return layers.map(({ values }) => values).reduceRight<Plain>((below, above) => over(above, below), {});
}

/**
 * Where a key of the laid configuration stands in the inventory, so that a mistake is shown where it was written. A key
 * that is nowhere is looked for where its parent stands.
 * @param layers the strongest first; at least one
 */
export function placeOf(layers: readonly Layer[], path: readonly (string | number)[]): Layer["path"] {
  let there = layers.map(({ path: base, values }) => ({ base, value: values as unknown }));
  for (const step of path) {
    const next = there.flatMap(({ base, value }) => {
      const child = childOf(value, step);
      return child === undefined ? [] : [{ base, value: child }];
    });
    if (next.length === 0) break;
    // A list or a value of a stronger layer hides everything below it.
    there = isMap(next[0]?.value) ? next : next.slice(0, 1);
  }
  return [...(there[0]?.base ?? []), ...path];
}

function childOf(value: unknown, step: string | number): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string | number, unknown>)[step];
}
