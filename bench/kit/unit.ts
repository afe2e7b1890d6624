/** How systemd starts a process: read from the shipped unit, so that the bench cannot drift from it. */
export interface UnitSettings {
  /** Flags of node. */
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** @throws RangeError when the unit does not start node with flags */
export function parseUnit(text: string): UnitSettings {
  const flags = /^ExecStart=\S+\/node (.+?) \S+telpost-\w+\.cjs /m.exec(text)?.[1];
  if (flags === undefined) throw new RangeError("no flags of node in ExecStart");
  const assignments = [...text.matchAll(/^Environment=(.+)$/gm)].flatMap(([, line = ""]) => line.split(" "));
  const env = assignments.map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]);
  return { flags: flags.split(" "), env: Object.fromEntries(env) };
}
