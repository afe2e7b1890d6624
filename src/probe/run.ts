import { type Clock, sleep } from "../base/clock.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import { openingCode } from "../sense/line/serial-errors.ts";
import { type OpenSerialPort, openSerialPort } from "../sense/line/serial-port.ts";
import type { Outgoing } from "../sense/sensor/engine.ts";
import { canBeAsked } from "./asking.ts";
import { askedFinding, askingOf, type Finding, Hearing, isSettled, type Round } from "./finding.ts";
import { type Candidate, keyOf, type LineSetting, planOf } from "./plan.ts";
import type { ScriptId } from "./scripts.ts";

export interface ProbeOptions {
  readonly port: string;
  readonly candidates: readonly Candidate[];
  readonly scripts: readonly ScriptId[];
  /** How long each setting of the line is listened to. */
  readonly listenMs: number;
  /** Consent to send harmless questions. Without it not a byte is written. */
  readonly ask: boolean;
  /** Only this one, for all profiles. */
  readonly baudRate?: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Each setting before it is tried. */
  readonly onTry: (line: LineSetting) => void;
}

/** What the settings that were tried brought, in that order. */
export interface Probed {
  readonly rounds: readonly Round[];
  readonly findings: readonly Finding[];
}

/** Rounds between looks at the time while questions are out. */
const STEP_MS = 20;

/**
 * Listens at one setting after the other until a profile fits at its own. Where that is allowed and nothing fits by itself
 * it then asks: only after listening everywhere, so that no device hears questions that are not for it without need.
 * @throws TelpostError device.*, when the port cannot be opened or is lost
 */
export async function probePort(options: ProbeOptions): Promise<Probed> {
  const { candidates, ask, signal } = options;
  const rounds: Round[] = [];
  const found = () => rounds.flatMap((round) => round.findings);
  const settled = () => signal.aborted || isSettled(found(), candidates);
  for (const line of planOf(candidates, options.baudRate)) {
    if (settled()) break;
    rounds.push(await withLine(line, options, (port) => listenTo(port, line, options)));
  }
  const fits = () => found().some(({ fit }) => fit === "fits");
  const asked: Finding[] = [];
  for (const [line, those] of ask && !fits() ? questionsFor(options) : []) {
    if (signal.aborted || asked.some(({ fit }) => fit === "fits")) break;
    asked.push(...(await withLine(line, options, (port) => askAll(port, those, { ...options, line }))));
  }
  return { rounds, findings: [...found(), ...asked] };
}

/** Whom to ask at which setting. */
function questionsFor({ candidates, baudRate }: ProbeOptions): [LineSetting, Candidate[]][] {
  const askable = candidates.filter(({ profile }) => canBeAsked(profile));
  return planOf(candidates, baudRate).flatMap((line): [LineSetting, Candidate[]][] => {
    const here = askable.filter((one) => baudRate !== undefined || keyOf(one.line) === keyOf(line));
    return here.length > 0 ? [[line, here]] : [];
  });
}

async function listenTo(port: Listening, line: LineSetting, options: ProbeOptions): Promise<Round> {
  const { candidates, scripts, listenMs } = options;
  const hearing = new Hearing(candidates, line, scripts);
  port.sink = (chunk) => hearing.push(chunk);
  await port.wait(listenMs);
  return hearing.round(listenMs);
}

async function askAll(
  port: Listening,
  candidates: readonly Candidate[],
  options: ProbeOptions & { readonly line: LineSetting },
): Promise<Finding[]> {
  const asked: Finding[] = [];
  for (const candidate of candidates)
    asked.push({ ...(await askOne(port, candidate, options)), line: options.line });
  return asked;
}

async function askOne(port: Listening, candidate: Candidate, { clock, signal }: ProbeOptions) {
  const asking = askingOf(candidate);
  const send = (outgoing: readonly Outgoing[]) => {
    for (const { bytes } of outgoing) port.write(bytes);
  };
  port.sink = (chunk) => send(asking.bytes(chunk, clock.monotonic()));
  send(asking.opened(clock.monotonic()));
  while (asking.dueMs !== null && !signal.aborted) {
    await port.wait(STEP_MS);
    if (asking.dueMs <= clock.monotonic()) send(asking.tick(clock.monotonic()));
  }
  return askedFinding(candidate, asking.answers);
}

/** An open port while it is listened to. */
interface Listening {
  sink: (chunk: Uint8Array) => void;
  write(bytes: Uint8Array): void;
  /** Resolves after so many ms, or at once when the person stops it. @throws TelpostError when the port is lost */
  wait(ms: number): Promise<void>;
}

async function withLine<T>(
  line: LineSetting,
  { port: path, clock, signal, onTry }: ProbeOptions,
  use: (port: Listening) => Promise<T>,
): Promise<T> {
  onTry(line);
  const port = await open(path, line);
  const gone = new AbortController();
  let lost: ErrorCode | undefined;
  const stop = AbortSignal.any([signal, gone.signal]);
  const listening: Listening = {
    sink: () => {},
    write: (bytes) => port.write(bytes),
    async wait(ms) {
      await sleep(clock, ms, stop, "probe.listen");
      if (lost) throw new TelpostError(lost, path);
    },
  };
  port.listen({
    bytes: (chunk) => listening.sink(chunk),
    lost: (code) => {
      lost = code;
      gone.abort();
    },
  });
  try {
    return await use(listening);
  } finally {
    await port.close();
  }
}

async function open(path: string, line: LineSetting): Promise<OpenSerialPort> {
  try {
    return await openSerialPort({ port: path, ...line });
  } catch (failure) {
    throw new TelpostError(openingCode(failure), path);
  }
}
