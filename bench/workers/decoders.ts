import { readFileSync } from "node:fs";
import { loadProfiles } from "../../src/config/catalog.ts";
import { checkSettings } from "../../src/config/profile.ts";
import { decoderEngine } from "../../src/sense/sensor/decoder-engine.ts";
import type { Engine } from "../../src/sense/sensor/engine.ts";
import { decoder as csv } from "../../src/sense/sensor/generic-csv.ts";
import { decoder as jsonl } from "../../src/sense/sensor/generic-jsonl.ts";
import { engineOf } from "../../tests/kit/engines.ts";
import { Bench } from "../../tests/kit/talk.ts";
import type { DecoderCase, DecoderWork } from "../kit/decoder-work.ts";

/** `decoders FILE`: one decoder and its inputs; prints the bytes a second of each input. */
const [, , file = ""] = process.argv;
const work = JSON.parse(readFileSync(file, "utf8")) as DecoderWork;
/** Bytes in one chunk, in turn: what a read of a serial port brings. */
const CHUNKS = [64, 512, 100, 256, 300, 128];
const BYTE_BY_BYTE = 20 * 1024;
const LEAST_SECONDS = 0.02;

function engine(): Engine {
  const { profile } = work;
  if (profile === "generic-jsonl") return decoderEngine(jsonl({ forms: ["tracks", "passages"] }));
  if (profile === "generic-csv")
    return decoderEngine(csv({ forms: ["passages", "present"], columns: ["in", "out", "present"] }));
  const loaded = loadProfiles([profile]);
  const found = loaded.ok ? loaded.value.get(profile.id) : undefined;
  const settings = found && checkSettings(found.settings, work.settings);
  if (!found || !settings?.ok) throw new Error(`no profile ${profile.id}`);
  return engineOf(found, settings.value);
}

/** A device that says again what was written down, in turn. */
class Parrot {
  silent = false;
  /** Bytes of all that it said. */
  said = 0;
  readonly bench: Bench;
  readonly #asked = new Map<string, number>();

  constructor() {
    this.bench = new Bench(engine(), (heard) => this.#answer(Buffer.from(heard).toString("hex")));
    this.bench.open(work.startMs);
  }

  #answer(request: string): Uint8Array | undefined {
    const answers = work.answers[request] ?? [];
    const nth = this.#asked.get(request) ?? 0;
    this.#asked.set(request, nth + 1);
    const answer = answers[nth % answers.length];
    if (this.silent || answer === undefined) return undefined;
    this.said += answer.length / 2;
    return Buffer.from(answer, "hex");
  }
}

function chunked(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, nth = 0; at < bytes.length; nth++) {
    const size = sizes[nth % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

/** Seconds of this process on its core since it was called: what others do with the machine meanwhile does not count. */
function watch(): () => number {
  const since = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(since);
    return (user + system) / 1e6;
  };
}

/** Bytes a second of one input, over and over for a while; a device that is asked awaits an answer meanwhile. */
function rate({ bytes, unasked }: DecoderCase, sizes: readonly number[]): number {
  const input = Buffer.from(bytes, "base64");
  const chunks = chunked(sizes.length === 1 ? input.subarray(0, BYTE_BY_BYTE) : input, sizes);
  const total = chunks.reduce((sum, { length }) => sum + length, 0);
  const parrot = new Parrot();
  const { bench } = parrot;
  if (work.polled && unasked) {
    parrot.silent = true;
    bench.pass(work.everyMs);
  }
  const turn = () => {
    for (const chunk of chunks) bench.engine.bytes("main", chunk, bench.nowMs);
  };
  // Byte by byte there are turns enough within the first one.
  if (sizes.length > 1) turn();
  const passed = watch();
  let turns = 0;
  for (; passed() < LEAST_SECONDS; turns++) turn();
  return (turns * total) / passed();
}

/** Bytes of answers a second, at questions as fast as they can be asked. */
function polledRate(): number {
  const parrot = new Parrot();
  const before = parrot.said;
  const passed = watch();
  while (passed() < LEAST_SECONDS) parrot.bench.pass(work.everyMs * 10);
  return (parrot.said - before) / passed();
}

const rates: Record<string, number> = {};
for (const one of work.cases) {
  rates[`${one.name}|chunks`] = rate(one, CHUNKS);
  if (one.own) rates[`${one.name}|bytes`] = rate(one, [1]);
}
if (work.polled) rates["good frames|chunks"] = polledRate();
process.stdout.write(`${JSON.stringify({ seconds: 0, cpuSeconds: 0, count: 0, ...rates })}\n`);
