import { TelpostError } from "../../base/errors.ts";

/** What is used of a line of onoff (onoff.d.ts of 6.0.3). It is exported and watched by its constructor. */
export interface OnoffLine {
  /** The level now, after active-low. Edges before it are forgotten. */
  readSync(): 0 | 1;
  /** `level` is what the line shows when it is read, however many changes there were. */
  watch(changed: (failure: Error | null | undefined, level: 0 | 1) => void): void;
  direction(): string;
  edge(): string;
  activeLow(): boolean;
  /** Closes it and gives it back to the kernel. Never throws for a line that is gone. */
  unexport(): void;
}

export type OnoffGpio = new (
  number: number,
  direction: "in",
  edge: "both",
  options: { readonly activeLow: boolean },
) => OnoffLine;

/**
 * Loads onoff, with the compiled part of its epoll, when a line asks for it and not before.
 * @throws TelpostError device.no_onoff
 */
export async function loadOnoff(
  load: () => Promise<{ readonly Gpio: OnoffGpio }> = () => import("onoff"),
): Promise<OnoffGpio> {
  try {
    return (await load()).Gpio;
  } catch (cause) {
    const [first = ""] = String((cause as Error).message).split("\n");
    throw new TelpostError("device.no_onoff", first, { cause });
  }
}

/**
 * Makes a failing read harmless and heard of. onoff reads inside a callback of epoll, where nobody can catch: a line whose
 * chip is gone (ENODEV) would end the process.
 */
export function guardReads(line: OnoffLine, failed: (failure: unknown) => void): void {
  const read = line.readSync.bind(line);
  line.readSync = () => {
    try {
      return read();
    } catch (failure) {
      failed(failure);
      return 0;
    }
  };
}
