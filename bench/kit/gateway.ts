import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { keySetEntry, makeCityKey, makeCityRoot, makeGatewayKey, signKeySet } from "../../src/keys/make.ts";
import { writePrivateKey, writePublicKey, writeSignedKeySet } from "../../src/keys/write.ts";
import type { Bench } from "./bench.ts";
import type { Form } from "./forms.ts";
import { siteText } from "./site.ts";

const DAY_MS = 86_400_000;

/** A process of which the bench waits for one line. */
export interface Started {
  readonly pid: number;
  /** From spawn to the line that says ready, as the parent sees it. */
  readonly readySeconds: number;
  stop(): Promise<void>;
}

/** Starts node with a file and waits until it logs process.ready. */
export async function start({ clock, signal }: Bench, form: Form, argv: readonly string[]): Promise<Started> {
  const sinceMs = clock.monotonic();
  const child = spawn(form.node, [...form.flags, ...argv], {
    env: form.env,
    stdio: ["pipe", "ignore", "pipe"],
    signal,
  });
  await ready(child);
  return {
    pid: child.pid ?? 0,
    readySeconds: (clock.monotonic() - sinceMs) / 1000,
    stop: () => stop(child),
  };
}

async function ready(child: ChildProcess): Promise<void> {
  const last: string[] = [];
  const failed = new Promise<never>((_, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => reject(new Error(`ended with ${code}: ${last.join(" ")}`)));
  });
  failed.catch(() => {});
  if (!child.stderr) throw new Error("no log");
  const lines = createInterface(child.stderr);
  const said = new Promise<void>((resolve) => {
    lines.on("line", (line) => {
      last.splice(0, last.length - 3);
      last.push(line);
      if (line.includes('"process.ready"')) resolve();
    });
  });
  await Promise.race([said, failed]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, "exit");
  child.stdin?.end();
  child.kill("SIGTERM");
  await gone;
}

/** Where a gateway of this bench lives. */
export interface Place {
  readonly config: string;
  /** Arguments of the two verbs. */
  readonly forward: readonly string[];
  readonly sense: readonly string[];
  remove(): void;
}

export interface PlaceOptions {
  readonly ports: readonly string[];
  readonly broker: string;
}

/** Keys, configuration and folders: the outbox on the disk, sockets and crash copy in memory. */
export async function makePlace({ folder, memory, clock }: Bench, options: PlaceOptions): Promise<Place> {
  const disk = mkdtempSync(join(folder, "gateway-"));
  const runtime = mkdtempSync(join(memory, "gateway-"));
  const [gateway, root, city] = [makeGatewayKey(), makeCityRoot(), makeCityKey()];
  const nowMs = clock.realtime();
  writePrivateKey(join(disk, "gateway-key.jwk"), gateway.privateJwk);
  writePublicKey(join(disk, "city-root.jwk"), root.publicJwk);
  const entry = keySetEntry(city, { fromMs: nowMs - DAY_MS, untilMs: nowMs + DAY_MS });
  writeSignedKeySet(join(disk, "city-keys.jws"), await signKeySet({ version: 1, keys: [entry] }, root));
  const config = join(disk, "telpost.yaml");
  writeFileSync(config, siteText(options));
  const common = ["--config", config, "--runtime", runtime];
  return {
    config,
    forward: ["forward", ...common, "--state", join(disk, "state")],
    sense: ["sense", ...common, "--crash", join(runtime, "sense")],
    remove() {
      for (const path of [disk, runtime]) rmSync(path, { recursive: true, force: true });
    },
  };
}

/** Both processes, in the order of the units: sense starts when forward is ready. */
export async function startBoth(
  bench: Bench,
  form: Form,
  place: Place,
): Promise<{ forward: Started; sense: Started; stop(): Promise<void> }> {
  const forward = await start(bench, form, [form.program("forward"), ...place.forward]);
  try {
    const sense = await start(bench, form, [form.program("sense"), ...place.sense]);
    const stop = async () => {
      await sense.stop();
      await forward.stop();
    };
    return { forward, sense, stop };
  } catch (failure) {
    await forward.stop();
    throw failure;
  }
}
