import { classIn } from "../../config/classes.ts";

/** Nobody of each class. */
export function zeros(set: readonly string[]): Record<string, number> {
  return Object.fromEntries(set.map((name) => [name, 0]));
}

/** How many of each class of the set are in view: always of all of them. @param called what the device calls each of them */
export function presentIn(
  set: readonly string[],
  called: readonly (string | undefined)[],
): Record<string, number> {
  const counted = zeros(set);
  for (const told of called) {
    const name = classIn(set, told);
    if (name !== undefined) counted[name] = (counted[name] ?? 0) + 1;
  }
  return counted;
}
