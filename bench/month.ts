import { mkdtempSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { generate, type Packet, parser } from "mqtt-packet";
import { SystemClock } from "../src/base/clock.ts";
import { silentLog } from "../src/base/log.ts";
import type { Append, Outbox, OutboxStats } from "../src/forward/ports.ts";
import { drainSeconds } from "../src/forward/uplink/pace.ts";
import { startUplink } from "../src/forward/uplink/uplink.ts";
import { IDENTITY, MAX_AGE_MS, offersOf, openBenchOutbox, sealedWindows } from "./kit/rows.ts";

/**
 * `npm run bench:month [-- PER_SECOND]`: 30 days of ten sensors wait in the outbox, under the default quota, and drain
 * through the real uplink at the given pace (default 500 a second) to a broker in this process, while a window closes
 * every second. Ends with 1 when a row was dropped, a live window was late, or memory grew with the backlog.
 */
const MESSAGES = 43_200;
const RECORDS = 10;
const BATCH = 100;
const LIVE_EVERY_MS = 1_000;
const LIVE_LIMIT_MS = 2_000;
/** Heap that may come and go between two samples, whatever the backlog. */
const HEAP_SLACK_MIB = 16;
const DAY_MS = 86_400_000;
const LIVE = "live";
const LIVE_EPOCH = "0000000000000000";
const MIB = 2 ** 20;
const perSecond = Number(process.argv[2] ?? 500);
const clock = new SystemClock();

/** A broker that takes and acknowledges everything. @param taken is told each topic and payload */
async function startBroker(
  taken: (topic: string, payload: Buffer) => void,
): Promise<{ port: number; server: Server }> {
  const server = createServer((socket) => {
    const incoming = parser({ protocolVersion: 5 });
    incoming.on("packet", (packet) => answer(socket, packet, taken));
    socket.on("data", (chunk) => incoming.parse(chunk)).on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, server };
}

function answer(socket: Socket, packet: Packet, taken: (topic: string, payload: Buffer) => void): void {
  const send = (reply: Packet) => socket.write(generate(reply, { protocolVersion: 5 }));
  if (packet.cmd === "connect") send({ cmd: "connack", reasonCode: 0, sessionPresent: false });
  if (packet.cmd === "subscribe")
    send({ cmd: "suback", messageId: packet.messageId ?? 0, granted: packet.subscriptions.map(() => 1) });
  if (packet.cmd === "pingreq") send({ cmd: "pingresp" });
  if (packet.cmd !== "publish") return;
  taken(packet.topic, Buffer.from(packet.payload));
  send({ cmd: "puback", messageId: packet.messageId ?? 0, reasonCode: 0 });
}

async function fill(file: string, nowMs: number): Promise<Outbox> {
  const offers = offersOf(await sealedWindows(20), MESSAGES, nowMs - (MESSAGES + 1) * 60_000);
  const outbox = openBenchOutbox(file, nowMs);
  for (let at = 0; at < MESSAGES; at += BATCH) outbox.append(offers.slice(at, at + BATCH), nowMs);
  return outbox;
}

/** A window that closes now, of the size of the others; the broker knows it by its first letters. */
function liveWindow(seq: number, nowMs: number): Append {
  const jws = `${LIVE}.${nowMs}.${"x".repeat(6_300)}`;
  const message = { epoch: LIVE_EPOCH, seq, endMs: nowMs, lengths: [60], jws };
  return { type: "message", message, baselines: [] };
}

/** What is left after it is not garbage. */
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

interface Sample {
  readonly queued: number;
  readonly heap: number;
  readonly rss: number;
}

function sample({ queued }: OutboxStats): Sample {
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  return { queued, heap: heapUsed / MIB, rss: rss / MIB };
}

function startBenchUplink(outbox: Outbox, port: number) {
  const broker = {
    url: `mqtt://127.0.0.1:${port}`,
    ack: "broker",
    protocol: "5",
    keepaliveSeconds: 30,
  } as const;
  return startUplink({
    config: { ...broker, inFlight: 100, backlogPerSecond: perSecond },
    identity: IDENTITY,
    profile: "street",
    maxAgeMs: MAX_AGE_MS + DAY_MS,
    outbox,
    clock,
    jitterBelow: () => 0,
    log: silentLog,
    bootId: "5f3a6c1e-0000-4000-8000-000000000001",
    clockSynced: () => true,
    birth: () => ({ software: "telpost", configHash: "month", about: null }),
    health: () => ({ uptimeSeconds: 1, sensors: [], cityKeyUntilMs: null }),
    report: () => null,
    onKeys() {},
    onCommand() {},
  });
}

interface Drained {
  readonly seconds: number;
  readonly samples: readonly Sample[];
  /** From the close of each live window to its publish, ms. */
  readonly delays: readonly number[];
}

/** A window closes every second until the month has gone. */
async function drain(outbox: Outbox): Promise<Drained> {
  const delays: number[] = [];
  const { port, server } = await startBroker((_topic, payload) => {
    const [name, atMs] = payload.toString("latin1", 0, 30).split(".");
    if (name === LIVE) delays.push(clock.realtime() - Number(atMs));
  });
  const samples = [sample(outbox.stats())];
  const uplink = startBenchUplink(outbox, port);
  const startMs = clock.monotonic();
  for (let seq = 0; outbox.stats().queued > 2; seq++) {
    await new Promise<void>((resolve) => clock.after("window", LIVE_EVERY_MS, resolve));
    const nowMs = clock.realtime();
    outbox.append([liveWindow(seq, nowMs)], nowMs);
    samples.push(sample(outbox.stats()));
  }
  const seconds = (clock.monotonic() - startMs) / 1000;
  await uplink.stop();
  server.close();
  return { seconds, samples, delays };
}

async function run(folder: string): Promise<boolean> {
  const file = join(folder, "outbox.db");
  const outbox = await fill(file, clock.realtime());
  const full = outbox.stats();
  const size = statSync(file).size + statSync(`${file}-wal`).size;
  console.log(`${MESSAGES} messages, ${MESSAGES * RECORDS} records; ${full.dropped} dropped under 512 MiB`);
  console.log(
    `counted ${(full.queuedBytes / MIB).toFixed(0)} MiB, on the disk ${(size / MIB).toFixed(0)} MiB`,
  );
  console.log(`forecast at ${perSecond} a second: ${drainSeconds(full.queued, perSecond, null)} s`);
  const { seconds, samples, delays } = await drain(outbox);
  outbox.close();
  const heaps = samples.map(({ heap }) => heap);
  const growth = Math.max(...heaps) - Math.min(...heaps);
  const latest = Math.max(...delays);
  console.log(
    `drained in ${seconds.toFixed(0)} s with ${delays.length} live windows, the slowest ${latest} ms after its close`,
  );
  for (const { queued, heap, rss } of samples.filter((_, n) => n % 10 === 0))
    console.log(
      `${String(queued).padStart(6)} waiting: heap ${heap.toFixed(1)} MiB, RSS ${rss.toFixed(0)} MiB`,
    );
  return full.dropped === 0 && latest <= LIVE_LIMIT_MS && growth <= HEAP_SLACK_MIB;
}

const folder = mkdtempSync(join(tmpdir(), "telpost-month-"));
try {
  process.exitCode = (await run(folder)) ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
