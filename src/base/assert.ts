/** Thrown when the program's own assumptions are broken: not handled, the process crashes and systemd restarts it. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

/** States what must hold here. A false condition is a defect of the program, never of its input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/** For the default branch of a switch over a closed union. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
