import { copyFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { startPlainMosquitto } from "../../tests/kit/mosquitto.ts";
import {
  type Bench,
  hasProgram,
  type Measure,
  pairs,
  perSecond,
  pick,
  type Worked,
  work,
} from "../kit/bench.ts";
import { subscribe } from "../kit/broker.ts";
import { FORMS, type FormName } from "../kit/forms.ts";
import type { Figure } from "../report/figures.ts";

const ROWS = 20_000;
const RUNS: Record<FormName, number> = { source: 3, packaged: 2 };
const IN_FLIGHT = 100;
const BATCH = 100;
/** The configuration allows at most 10,000 (default 200); the loop itself takes any number. */
const UNLIMITED_PER_SECOND = 1_000_000_000;

/** What waits after an outage, through the real uplink to a real Mosquitto. */
export const drain: Measure = {
  name: "drain",
  async run(bench) {
    if (!hasProgram("mosquitto")) {
      bench.note("drain after an outage: not measured, mosquitto not found (apt-get install mosquitto)");
      return [];
    }
    const full = join(bench.folder, "full.db");
    const fromMs = bench.clock.realtime() - ROWS * 60_000;
    const args = ["telpost", full, ROWS, BATCH, fromMs];
    const { jwsBytes = 0 } = await work(bench, { form: bench.forms.source, worker: "append", args });
    // A street gateway may be away for weeks: its backlog must not lose rows to a queue limit of the subscriber's side.
    const broker = await startPlainMosquitto(["max_queued_messages 0"]);
    const subscriber = await subscribe(broker.port);
    try {
      return await drained(bench, { full, port: broker.port, jwsBytes });
    } finally {
      subscriber.destroy();
      await broker.stop();
    }
  },
};

interface Scene {
  readonly full: string;
  readonly port: number;
  readonly jwsBytes: number;
}

async function drained(bench: Bench, { full, port, jwsBytes }: Scene): Promise<Figure[]> {
  const copy = join(bench.folder, "drain.db");
  const telpost = (form: FormName) => async (): Promise<Worked> => {
    copyFileSync(full, copy);
    const args = [copy, port, IN_FLIGHT, UNLIMITED_PER_SECOND];
    const worked = await work(bench, { form: bench.forms[form], worker: "drain", args });
    for (const end of ["", "-wal", "-shm", ".lock"]) rmSync(`${copy}${end}`, { force: true });
    return worked;
  };
  const bare = (form: FormName) => () =>
    work(bench, { form: bench.forms[form], worker: "publish", args: [port, ROWS, jwsBytes, IN_FLIGHT] });
  const limit = `MQTT.js, the same packets, ${IN_FLIGHT} in flight`;
  const figures: Figure[] = [];
  for (const form of FORMS) {
    const runs = await pairs(RUNS[form], telpost(form), bare(form));
    figures.push({
      name: `rows drained, ${form}`,
      unit: "a second",
      limit,
      pairs: pick(runs, perSecond),
      budget: { of: "ratio", is: "at least", limit: 0.8 },
    });
  }
  bench.note(
    "drain: without a pace; a configured gateway drains at backlogPerSecond, 200 by default, at most 10,000",
  );
  return figures;
}
