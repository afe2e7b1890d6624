import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { join } from "node:path";
import { makeReleaseKey } from "../../../src/keys/make.ts";
import { writePrivateKey, writePublicKey } from "../../../src/keys/write.ts";
import { Dice } from "../../kit/dice.ts";
import { type FAULTS, release, sign } from "../../kit/releases.ts";
import { comesTrue, Outside } from "../outside.ts";
import type { Machine } from "../qemu.ts";
import type { Bench, Row, Scenario } from "../scenario.ts";
import { pulses } from "../scripts.ts";
import { shareGuest, tell } from "../share.ts";
import { evidence, type Question, settled, tally, verdict } from "../truth.ts";
import { VolatileDisk } from "../volatile-disk.ts";

const WINDOW_SECONDS = 5;
const LINE = 8;
const STEP_LIMIT_MS = 15 * 60_000;
const END_LIMIT_MS = 120_000;

/** Releases that are broken, tried while people pass; in the trial of the second the power goes. */
export const update: Scenario = {
  name: "update",
  long: true,
  about: "takes two broken releases back by itself, one of them across a power cut",
  async run(bench) {
    const pulse = `gpio-pulse, gpio: { chip: telpost-sim, line: ${LINE}, debounceMs: 0 }, maxPerSecond: 1000`;
    const sensors = [`id: gate, profile: ${pulse}`];
    const outside = await Outside.start(bench, {
      ack: "city",
      privacy: { windowSeconds: WINDOW_SECONDS },
      sensors,
    });
    const disk = await VolatileDisk.listen(await bench.installed(), join(bench.scratch, "nbd"));
    try {
      await shareReleases(bench);
      shareGuest(bench, "update");
      tell(bench, "people.edges", pulses(1800, bench.seed, LINE).text);
      return await story(bench, outside, disk);
    } finally {
      await disk.close();
      await outside.stop();
    }
  },
};

async function story(bench: Bench, outside: Outside, disk: VolatileDisk): Promise<Row[]> {
  const question: Question = { bench, outside, sensor: "gate", windowMs: WINDOW_SECONDS * 1000 };
  const first = start(bench, outside, 0);
  const waits = await comesTrue(() => bench.has("waiting"), STEP_LIMIT_MS);
  await first.cut();
  const { kept, torn, dropped } = disk.cut(new Dice(bench.seed), 0.5);
  const second = start(bench, outside, 1);
  const decided = waits && (await comesTrue(() => bench.has("returned"), STEP_LIMIT_MS));
  tell(bench, "quiet");
  const violations = decided ? await settled(question, END_LIMIT_MS) : [];
  tell(bench, "finish");
  const off = bench.ended(await second.ends(END_LIMIT_MS));
  const seen = evidence(question, true);
  return [
    taken(bench, "throws", "a release whose daemons end at their start", "exit 5, 0.1.0"),
    {
      what: "a release that is ready and makes no window, and the power goes while it is on trial",
      wanted: "update.returned, 0.1.0, active active",
      got: decided ? bench.text("returned") : `not decided; waiting for the cut: ${waits}`,
      notes: `${bench.text("mute.seconds")} s from the boot until it was taken back and proven; ${kept} writes kept, ${torn} torn, ${dropped} dropped`,
    },
    {
      what: "every window at the city is exact, or partial and no more than the truth, or declared; none twice",
      wanted: "0 wrong",
      got: decided ? verdict(violations) : "not decided",
      notes: `${tally(seen).words}; ${missing(seen.declaredWindows)}; declared: ${seen.reasons.join(", ")}`,
    },
    off,
  ];
}

function start(bench: Bench, outside: Outside, boot: number): Machine {
  tell(bench, "boot", String(boot));
  const disk = `nbd:unix:${join(bench.scratch, "nbd")}`;
  return bench.start({ time: "real", disk, brokerPort: outside.broker.port });
}

function taken(bench: Bench, name: string, what: string, wanted: string): Row {
  const got = `exit ${bench.text(`${name}.status`)}, ${bench.text(`${name}.version`)}`;
  const said = bench.text(`${name}.txt`).split("\n").at(-1) ?? "";
  return {
    what,
    wanted,
    got,
    notes: `${bench.text(`${name}.seconds`)} s until it was taken back and proven; ${said}`,
  };
}

function missing(declared: readonly { readonly fromMs: number; readonly toMs: number }[]): string {
  const windows = declared.map(({ fromMs, toMs }) => Math.round((toMs - fromMs) / (WINDOW_SECONDS * 1000)));
  return `${windows.reduce((sum, one) => sum + one, 0)} windows of ${WINDOW_SECONDS} s missing, all declared`;
}

/** 0.2.0 and 0.3.0 of the package of this checkout, broken and signed, and the key that signed them. */
async function shareReleases(bench: Bench): Promise<void> {
  const tree = join(bench.scratch, "tree");
  execFileSync("dpkg-deb", ["--raw-extract", bench.deb, tree]);
  const key = makeReleaseKey();
  const keyFile = join(bench.scratch, "release-private.jwk");
  writePrivateKey(keyFile, key.privateJwk);
  writePublicKey(join(bench.share, "release-key.jwk"), key.publicJwk);
  for (const [fault, version] of Object.entries({ throws: "0.2.0", mute: "0.3.0" })) {
    const deb = release({ from: tree, version, fault: fault as keyof typeof FAULTS, epoch: 1_800_000_000 });
    const shared = join(bench.share, `${fault}.deb`);
    renameSync(deb, shared);
    await sign(shared, keyFile);
  }
}
