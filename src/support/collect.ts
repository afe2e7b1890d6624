import { ERRORS } from "../base/error-table.ts";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import { VERSION } from "../ops/version.ts";
import type { About, Part, Source } from "./part.ts";

/** A line of the manifest. */
interface Entry extends About {
  /** Why it is not in here; null when it is. */
  readonly code: ErrorCode | null;
  readonly what: string;
  /** How to get it. */
  readonly cure: string;
}

/** What a bundle file holds, as JSON. */
export interface Bundle {
  readonly schema: "telpost/support/1";
  readonly software: string;
  /** RFC 3339, UTC, by the gateway's own clock. */
  readonly at: string;
  /** tenant/site/gateway; null where the configuration cannot be used. */
  readonly gateway: string | null;
  readonly manifest: readonly Entry[];
  readonly parts: Readonly<Record<string, unknown>>;
}

/** The doctor takes up to 15 s; all parts are made at the same time. */
const LIMIT_MS = 16_000;

/** Makes every part, each for itself: one that cannot be made is named in the manifest. Never throws. */
export async function collect(parts: readonly Part[], source: Source): Promise<Bundle> {
  const made = await Promise.all(parts.map((one) => inTime(one, source)));
  return {
    schema: "telpost/support/1",
    software: `telpost ${VERSION}`,
    at: new Date(source.machine.clock.realtime()).toISOString(),
    gateway: nameOf(source),
    manifest: parts.map((one, at) => entryOf(one, made[at]?.code ?? null)),
    parts: Object.fromEntries(made.flatMap(({ name, code, value }) => (code ? [] : [[name, value]]))),
  };
}

interface Made {
  readonly name: string;
  readonly code: ErrorCode | null;
  readonly value?: unknown;
}

function inTime({ name, make }: Part, source: Source): Promise<Made> {
  return new Promise((resolve) => {
    const timer = source.machine.clock.after(`support ${name}`, LIMIT_MS, () => {
      resolve({ name, code: "support.late" });
    });
    const end = (made: Made) => {
      timer.cancel();
      resolve(made);
    };
    make(source).then(
      (value) => end({ name, code: null, value }),
      // What else went wrong is a defect of the part; its text may quote what it met.
      (failure) => end({ name, code: failure instanceof TelpostError ? failure.code : "support.defect" }),
    );
  });
}

function entryOf({ name, why, leavesOut, names }: Part, code: ErrorCode | null): Entry {
  const about = { name, why, leavesOut, names };
  if (code === null) return { ...about, code, what: "", cure: "" };
  return { ...about, code, what: ERRORS[code].what, cure: ERRORS[code].hint };
}

function nameOf({ patient }: Source): string | null {
  const gateway = patient.configuration.config?.gateway;
  return gateway ? `${gateway.tenant}/${gateway.site}/${gateway.id}` : null;
}
