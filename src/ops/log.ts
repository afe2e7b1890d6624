import { fstatSync, openSync } from "node:fs";
import { isatty } from "node:tty";
import { pino } from "pino";
import { type Clock, SystemClock } from "../base/clock.ts";
import { ERRORS } from "../base/error-table.ts";
import type { Log, LogEvent, LogFields } from "../base/log.ts";
import { LogSink } from "./log-sink.ts";

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface LogOptions {
  /** Which process speaks: sense, forward, run, receive. */
  readonly process: string;
  readonly level?: LogLevel;
  /** A file descriptor (default 2, stderr) or the path of a file to append to. */
  readonly destination?: number | string;
  readonly clock?: Clock;
  readonly env?: NodeJS.ProcessEnv;
}

/** The log of a whole process. */
export interface ProcessLog extends Log {
  /** The last words: written before the call returns, unless nobody has read for a second. */
  fatal(event: LogEvent, fields?: LogFields): void;
  /** Writes what waits, within a second; for the end of a process. */
  flush(): void;
  /** Lines lost so far because nobody read them. Later lines carry it too. */
  dropped(): number;
}

/** Names that must never carry a value, whatever a caller does. */
export const SECRET_FIELDS = [
  "key",
  "password",
  "secret",
  "token",
  "jwk",
  "jws",
  "payload",
  "frame",
  "box",
  "value",
] as const;

/** journald reads a leading <n> as the priority (sd-daemon(3)). */
const PRIORITY: Readonly<Record<string, number>> = {
  trace: 7,
  debug: 7,
  info: 6,
  warn: 4,
  error: 3,
  fatal: 3,
};

/**
 * The one log of a process, on pino: JSON lines, with journald priorities below systemd and short lines on a terminal.
 * A reader that stalls costs lines, which are counted, and never a turn of the event loop.
 */
export function createLog(options: LogOptions): ProcessLog {
  const { destination = 2, clock = new SystemClock(), env = process.env, level = "info" } = options;
  const fd = typeof destination === "number" ? destination : openSync(destination, "a", 0o600);
  const journald = isJournald(fd, env);
  const sink = new LogSink(fd, clock);
  const settings: pino.LoggerOptions = {
    level,
    base: { process: options.process },
    timestamp: journald ? false : () => `,"time":"${new Date(clock.realtime()).toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: [...SECRET_FIELDS], remove: true },
    mixin: () => (sink.dropped > 0 ? { dropped: sink.dropped } : {}),
  };
  const shape = journald ? journalLine : isatty(fd) ? terminalLine : undefined;
  if (shape) settings.hooks = { streamWrite: shape };
  return adapt(pino(settings, sink), sink);
}

function adapt(logger: pino.Logger, sink: LogSink): ProcessLog {
  return {
    debug: (event, fields) => logger.debug({ event, ...fields }),
    info: (event, fields) => logger.info({ event, ...fields }),
    warn: (event, fields) => logger.warn({ event, ...fields, ...advice(fields) }),
    error: (event, fields) => logger.error({ event, ...fields, ...advice(fields) }),
    fatal: (event, fields) => logger.fatal({ event, ...fields, ...advice(fields) }),
    flush: () => sink.flushSync(),
    dropped: () => sink.dropped,
  };
}

/** What the code means and what to do, beside the code: the technician reads one line, not a table. */
function advice(fields: LogFields | undefined): { what: string; hint: string } | undefined {
  if (!fields?.code) return undefined;
  const { what, hint } = ERRORS[fields.code];
  return { what, hint };
}

/** True when `fd` is the very stream that systemd connected to the journal (systemd.exec(5), $JOURNAL_STREAM). */
function isJournald(fd: number, env: NodeJS.ProcessEnv): boolean {
  if (!env.JOURNAL_STREAM) return false;
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return env.JOURNAL_STREAM === `${dev}:${ino}`;
}

function journalLine(line: string): string {
  const level = /^\{"level":"(\w+)"/.exec(line)?.[1] ?? "info";
  return `<${PRIORITY[level]}>${line}`;
}

/** `14:05:03 sense warn  sensor.down sensor=gate-3 code=device.absent: what happened. What to do.` */
export function terminalLine(line: string): string {
  const { level, time, process: speaker, event, what, hint, ...fields } = JSON.parse(line);
  const words = Object.entries(fields).map(([name, value]) => ` ${name}=${value}`);
  const head = `${String(time).slice(11, 19)} ${speaker} ${String(level).padEnd(5)} ${event}${words.join("")}`;
  return `${head}${what ? `: ${what} ${hint}` : ""}\n`;
}
