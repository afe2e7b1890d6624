import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";
import type { Clock } from "../../src/base/clock.ts";
import type { Figure, Pair } from "../report/figures.ts";
import type { Form, Forms } from "./forms.ts";

/** What every measure is given. */
export interface Bench {
  readonly clock: Clock;
  readonly forms: Forms;
  /** On a disk; removed at the end. */
  readonly folder: string;
  /** In memory; removed at the end. */
  readonly memory: string;
  /** Ends everything that was started. */
  readonly signal: AbortSignal;
  /** A line below the table: what could not be measured, and why. */
  note(text: string): void;
}

/** One part of the bench. */
export interface Measure {
  readonly name: string;
  run(bench: Bench): Promise<Figure[]>;
}

/** What a worker prints at its end. */
export interface Worked {
  /** Wall time of the work alone, seconds. */
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly count: number;
  readonly [more: string]: number;
}

export interface WorkOptions {
  readonly form: Form;
  readonly worker: string;
  readonly args: readonly (string | number)[];
  /** A program that starts the worker in its own way, with its arguments. */
  readonly wrapper?: readonly string[];
}

const HANG_MS = 60_000;

/** Runs a worker in a process of its own. */
export async function work({ signal }: Bench, options: WorkOptions): Promise<Worked> {
  const { form, worker, args, wrapper = [] } = options;
  const command = [...wrapper, form.node, ...form.flags, form.worker(worker), ...args.map(String)];
  const [program = "", ...rest] = command;
  const { stdout } = await promisify(execFile)(program, rest, { env: form.env, timeout: HANG_MS, signal });
  return JSON.parse(stdout) as Worked;
}

/** Runs A B A B ..., so that whatever changes on the machine meets both alike. */
export async function pairs<A, B>(count: number, telpost: () => Promise<A>, bare: () => Promise<B>) {
  const runs: { readonly telpost: A; readonly bare: B }[] = [];
  for (let n = 0; n < count; n++) runs.push({ telpost: await telpost(), bare: await bare() });
  return runs;
}

/** The pairs of one figure out of runs that hold several. */
export function pick<T>(
  runs: readonly { readonly telpost: T; readonly bare: T }[],
  of: (run: T) => number,
): Pair[] {
  return runs.map(({ telpost, bare }) => ({ telpost: of(telpost), bare: of(bare) }));
}

export const perSecond = ({ count, seconds }: Worked): number => count / seconds;

/** True when a program can be found. */
export function hasProgram(name: string): boolean {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/sbin`;
  return (
    spawnSync("sh", ["-c", 'command -v "$1"', "sh", name], { env: { ...process.env, PATH: path } }).status ===
    0
  );
}
