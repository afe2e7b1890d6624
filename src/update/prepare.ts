import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, statfsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Clock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { firstWindowSeconds } from "../config/outputs.ts";
import { configHash } from "../config/parse.ts";
import type { Config } from "../config/schema.ts";
import type { Machine, PackageFields, Workshop } from "./ports.ts";
import { fileHash, RELEASE_KEY, verifyRelease } from "./release.ts";
import { debFile, judgeFolder, openTrial, readLastGood, readTrial, writeTrial } from "./safe.ts";
import { newTrial, type Planned, type Trial } from "./trial.ts";

export interface PrepareOptions {
  readonly machine: Machine;
  readonly workshop: Workshop;
  readonly safe: string;
  readonly clock: Clock;
  readonly bootId: string;
  /** The administrator's configuration, its text and what it says; null when there is none that could run. */
  readonly configuration: { readonly file: string; readonly text: string; readonly config: Config } | null;
  readonly say: (line: string) => void;
}

export interface PackageRequest {
  /** A package with its signature beside it; null: the candidate of the repositories. */
  readonly file: string | null;
  /** An older release is meant. */
  readonly downgrade: boolean;
  /** A package that was taken back once is meant. */
  readonly again: boolean;
}

/** The program that is installed; a configuration is tried with it, a package with a copy of it. */
const PROGRAM = "/usr/lib/telpost";

/**
 * Makes everything ready to try a package: it, its signature, the way back, and who judges. Nothing that runs has changed
 * when it returns, nor when it throws.
 * @throws TelpostError update.* that says what to do
 */
export async function preparePackage(request: PackageRequest, options: PrepareOptions): Promise<Trial> {
  open(options);
  const next = debFile(options.safe, "next");
  try {
    return await packageOf(request, next, options);
  } catch (failure) {
    rmSync(next, { force: true });
    throw failure;
  }
}

async function packageOf(request: PackageRequest, next: string, options: PrepareOptions): Promise<Trial> {
  const { workshop, safe, say } = options;
  await unlessNotStartable(options);
  const from = await options.machine.installed();
  if (from === null) throw new TelpostError("update.not_possible", "telpost is not installed, or half");
  const sha256 = await fetched(request, next, options);
  const fields = await workshop.fields(next);
  await refuse({ ...request, fields, from, sha256 }, options);
  say(`telpost ${fields.version} is for this gateway; telpost ${from} is installed.`);
  await keepCurrent(options);
  await workshop.keepProgram(judgeFolder(safe));
  await workshop.arm(judgeFolder(safe));
  const plan = { what: "package", from, to: fields.version, sha256 } as const;
  return begun({ ...plan, ...(await circumstances(options)) }, options);
}

/** Makes everything ready to try the administrator's configuration. @throws TelpostError update.* */
export async function prepareConfiguration(options: PrepareOptions): Promise<Trial> {
  const { configuration, safe, workshop } = options;
  if (!configuration) throw new TelpostError("update.not_possible", "no configuration without problems");
  open(options);
  const [to, good] = [configHash(configuration.text), readLastGood(safe)];
  const from = good === null || good === configuration.text ? null : configHash(good);
  await workshop.arm(PROGRAM);
  const seen = await circumstances(options);
  const proof = seen.proof === "none" ? "kept" : seen.proof;
  return begun({ ...seen, what: "configuration", from, to, sha256: null, proof }, options);
}

function open({ workshop, safe }: PrepareOptions): void {
  workshop.check();
  mkdirSync(safe, { recursive: true });
  chmodSync(safe, 0o755);
  const trial = openTrial(safe);
  if (trial) throw new TelpostError("update.running", `${trial.what} ${trial.to}`);
}

/** A new release does not start with a configuration that has problems; what counts now counts with the last good one. */
async function unlessNotStartable({ machine, configuration }: PrepareOptions): Promise<void> {
  if (configuration || !(await machine.units()).some(({ active }) => active)) return;
  throw new TelpostError("config.invalid", "nothing was changed; mend telpost.yaml first");
}

/** The package as it lies where only root can change it, with who vouches for it. @returns its hash */
async function fetched({ file }: PackageRequest, next: string, options: PrepareOptions): Promise<string> {
  if (file === null) {
    await options.workshop.download(next);
    return fileHash(next);
  }
  const bytes = statSync(file, { throwIfNoEntry: false })?.size;
  if (bytes === undefined) throw new TelpostError("update.wrong_package", `there is no ${file}`);
  room(bytes, options.safe);
  rmSync(next, { force: true });
  copyFileSync(file, next);
  const sha256 = await fileHash(next);
  const key = join(dirname(options.configuration?.file ?? "/etc/telpost/telpost.yaml"), RELEASE_KEY);
  await verifyRelease(sha256, { signature: `${file}.sig`, key });
  return sha256;
}

/** For what else writes meanwhile. */
const SPARE_BYTES = 50e6;

function room(bytes: number, safe: string): void {
  const { bavail, bsize } = statfsSync(safe);
  const [free, need] = [bavail * bsize, bytes + SPARE_BYTES];
  const inMb = (one: number) => `${Math.ceil(one / 1e6)} MB`;
  if (free < need) throw new TelpostError("update.no_room", `${inMb(free)} free, ${inMb(need)} needed`);
}

interface Candidate extends PackageRequest {
  readonly fields: PackageFields;
  readonly from: string;
  readonly sha256: string;
}

async function refuse(candidate: Candidate, { workshop, safe }: PrepareOptions): Promise<void> {
  const { fields, from, sha256, again, downgrade } = candidate;
  const own = await workshop.architecture();
  if (fields.name !== "telpost") throw new TelpostError("update.wrong_package", `it is ${fields.name}`);
  if (fields.architecture !== own)
    throw new TelpostError(
      "update.wrong_package",
      `it is for ${fields.architecture}, this gateway is ${own}`,
    );
  if (fields.version === from) throw new TelpostError("update.same_version", from);
  if (!downgrade && (await workshop.isOlder(fields.version, from)))
    throw new TelpostError("update.older", `${fields.version}, installed is ${from}`);
  // The new files beside the old ones, and the way back, packed to less than half.
  room(1.5 * fields.installedBytes, safe);
  const last = readTrial(safe, "package");
  if (!again && last?.sha256 === sha256 && last.stage === "old")
    throw new TelpostError("update.taken_back_before", `${fields.version}: ${last.why}`);
}

/** Without the package that is installed there would be no way back. */
async function keepCurrent({ workshop, safe, say }: PrepareOptions): Promise<void> {
  const current = debFile(safe, "current");
  if (existsSync(current) && (await workshop.isInstalled(current))) return;
  say("Packing what is installed, for the way back.");
  rmSync(current, { force: true });
  await workshop.rebuild(current);
}

/** What counted before the trial, and how long a window takes. */
async function circumstances({ machine, clock, bootId, configuration }: PrepareOptions) {
  const units = await machine.units();
  const { forward } = await machine.status();
  const ran = units.some(({ active, restarts }) => active || restarts > 0);
  const connected = forward?.uplink.state === "connected" && forward.uplink.lastProofMs !== null;
  const proof: Planned["proof"] = !ran || !configuration ? "none" : connected ? "delivered" : "kept";
  const limitSeconds = configuration ? firstWindowSeconds(configuration.config) : 1;
  const startedAt = new Date(clock.realtime()).toISOString();
  return { proof, limitSeconds, before: units.map(({ run }) => run).filter(Boolean), bootId, startedAt };
}

/** Written last: what the judge finds is ready. */
function begun(planned: Planned, { safe }: PrepareOptions): Trial {
  const trial = newTrial(planned);
  writeTrial(safe, trial);
  return trial;
}
