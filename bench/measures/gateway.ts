import { setTimeout as wait } from "node:timers/promises";
import { openPty, type Pty } from "../../src/base/native/pty.ts";
import type { Bench, Measure } from "../kit/bench.ts";
import { type BrokerSection, startBroker } from "../kit/broker.ts";
import { FORMS, type Form } from "../kit/forms.ts";
import { makePlace, type Started, start, startBoth } from "../kit/gateway.ts";
import { cpuSecondsOf, pssOf, writtenBytesOf } from "../kit/proc.ts";
import { lineOf, SENSORS } from "../kit/site.ts";
import type { Figure, Pair } from "../report/figures.ts";

const STARTS = 5;
const SETTLE_MS = 2_000;
const STEADY_MS = 10_000;
const EVERY_MS = 10;

/** Spawn to ready, forward and then sense, as systemd starts them. */
export const ready: Measure = {
  name: "ready",
  async run(bench) {
    const broker = await startBroker(bench);
    try {
      const figures: Figure[] = [];
      for (const form of FORMS) figures.push(...(await readyTimes(bench, bench.forms[form], broker)));
      return figures;
    } finally {
      await broker.stop();
    }
  },
};

async function readyTimes(bench: Bench, form: Form, broker: BrokerSection): Promise<Figure[]> {
  const runs: { forward: number; sense: number; bare: number }[] = [];
  for (let n = 0; n < STARTS; n++) {
    const place = await makePlace(bench, { ports: [], broker: broker.text });
    const both = await startBoth(bench, form, place);
    const [forward, sense] = [both.forward.readySeconds, both.sense.readySeconds];
    await both.stop();
    const bare = await start(bench, form, [form.worker("bare")]);
    await bare.stop();
    place.remove();
    runs.push({ forward, sense, bare: bare.readySeconds });
  }
  const figure = (what: string, limit: string, of: (run: (typeof runs)[number]) => Pair): Figure => {
    return { name: `ready, ${what}, ${form.name}`, unit: "s", limit, pairs: runs.map(of) };
  };
  return [
    figure("forward", "node that starts and says so", ({ forward, bare }) => ({ telpost: forward, bare })),
    figure("sense", "node that starts and says so", ({ sense, bare }) => ({ telpost: sense, bare })),
    {
      ...figure("both, one after the other", "twice that", ({ forward, sense, bare }) => {
        return { telpost: forward + sense, bare: 2 * bare };
      }),
      budget: { of: "telpost", is: "at most", limit: 1 },
    },
  ];
}

/** Memory, CPU and disk writes of both processes while ten sensors send 100 readings a second. */
export const steady: Measure = {
  name: "steady state",
  async run(bench) {
    const broker = await startBroker(bench);
    try {
      const figures: Figure[] = [];
      for (const form of FORMS) figures.push(...(await steadyState(bench, bench.forms[form], broker)));
      return figures;
    } finally {
      await broker.stop();
    }
  },
};

interface Scene {
  readonly forward: Started;
  readonly sense: Started;
  /** Reads the same lines from terminals of its own, and does nothing with them. */
  readonly reader: Started;
  readonly idle: readonly Started[];
}

async function steadyState(bench: Bench, form: Form, broker: BrokerSection): Promise<Figure[]> {
  const [ours, theirs] = [SENSORS.map(() => openPty()), SENSORS.map(() => openPty())];
  const stops: (() => Promise<void>)[] = [];
  const begin = async (argv: string[]): Promise<Started> => {
    const started = await start(bench, form, argv);
    stops.push(() => started.stop());
    return started;
  };
  const place = await makePlace(bench, { ports: ours.map(({ path }) => path), broker: broker.text });
  try {
    const { forward, sense, stop } = await startBoth(bench, form, place);
    stops.push(stop);
    const reader = await begin([form.worker("lines"), ...theirs.map(({ path }) => path)]);
    const idle = [await begin([form.worker("bare")]), await begin([form.worker("bare")])];
    return await observe(form, { forward, sense, reader, idle }, [ours, theirs]);
  } finally {
    for (const stop of stops.reverse()) await stop();
    for (const pty of [...ours, ...theirs]) pty.close();
    place.remove();
  }
}

async function observe(form: Form, scene: Scene, ports: readonly (readonly Pty[])[]): Promise<Figure[]> {
  const { forward, sense, reader, idle } = scene;
  const sending = send(ports);
  await wait(SETTLE_MS);
  const [lines, mine, others] = [sending.count(), cpuSecondsOf(sense.pid), cpuSecondsOf(reader.pid)];
  const both = mine + cpuSecondsOf(forward.pid);
  const written = writtenBytesOf(sense.pid);
  const sinceMs = performance.now();
  await wait(STEADY_MS);
  const seconds = (performance.now() - sinceMs) / 1000;
  const share = (used: number) => (used / seconds) * 100 * (100 / ((sending.count() - lines) / seconds));
  const bare = share(cpuSecondsOf(reader.pid) - others);
  const senseShare = share(cpuSecondsOf(sense.pid) - mine);
  const bothShare = share(cpuSecondsOf(sense.pid) + cpuSecondsOf(forward.pid) - both);
  sending.stop();
  const pss = (some: readonly Started[]) => some.reduce((sum, { pid }) => sum + pssOf(pid), 0);
  const limit = "node that reads and parses them";
  const cpu = { unit: "% of a core", limit, budget: { of: "telpost", is: "at most", limit: 1 } } as const;
  return [
    {
      name: `memory (PSS) of both, ${form.name}`,
      unit: "MB",
      limit: "two nodes that do nothing",
      pairs: [{ telpost: pss([forward, sense]), bare: pss(idle) }],
      budget: { of: "telpost", is: "at most", limit: 110 },
    },
    { ...cpu, name: `CPU of sense at 100 readings/s, ${form.name}`, pairs: [{ telpost: senseShare, bare }] },
    { ...cpu, name: `CPU of both at 100 readings/s, ${form.name}`, pairs: [{ telpost: bothShare, bare }] },
    {
      name: `bytes that sense wrote to a disk, ${form.name}`,
      unit: "",
      limit: "none",
      pairs: [{ telpost: writtenBytesOf(sense.pid) - written, bare: 0 }],
      budget: { of: "telpost", is: "at most", limit: 0 },
    },
  ];
}

/** One line every ten milliseconds, sensor after sensor, to both sets of terminals at the same moment. */
function send(ports: readonly (readonly Pty[])[]) {
  let count = 0;
  const startMs = performance.now();
  const timer = setInterval(() => {
    // Caught up after a busy moment, so that 100 a second stay 100 a second.
    for (; count * EVERY_MS < performance.now() - startMs; count++) {
      const index = count % SENSORS.length;
      const sensor = SENSORS[index];
      if (!sensor) return;
      const line = Buffer.from(lineOf(sensor, count));
      for (const set of ports) set[index]?.write(line);
    }
  }, EVERY_MS);
  return { count: () => count, stop: () => clearInterval(timer) };
}
