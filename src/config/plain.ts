/** What a YAML map is once it was read. */
export type Plain = Readonly<Record<string, unknown>>;

export function isMap(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One map laid over another, key by key; a list or a value replaces what is below. */
export function over(above: Plain, below: Plain): Plain {
  const merged = Object.entries(above).map(([key, value]) => {
    const under = Object.hasOwn(below, key) ? below[key] : undefined;
    return [key, isMap(value) && isMap(under) ? over(value, under) : value] as const;
  });
  return { ...below, ...Object.fromEntries(merged) };
}
