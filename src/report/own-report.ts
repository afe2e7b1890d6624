import { TelpostError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { PrivacyReport } from "../contract/privacy-report.ts";

export interface OwnReportOptions {
  /** The report as it is now. @param madeMs ms since the Unix epoch, null when the clock is not set */
  readonly build: (madeMs: number | null) => PrivacyReport;
  readonly sign: (report: PrivacyReport) => Promise<string>;
  readonly nowMs: () => number | null;
  readonly log: Log;
  /** Another report is signed. */
  readonly onSigned: () => void;
}

/** The signed privacy report of the gateway that runs; signed anew only when it says something else. */
export class OwnReport {
  readonly #options: OwnReportOptions;
  #said = "";
  #jws: string | null = null;

  constructor(options: OwnReportOptions) {
    this.#options = options;
  }

  /** Null before the first is signed. */
  get jws(): string | null {
    return this.#jws;
  }

  /** Looks whether it says something else by now. */
  async refresh(): Promise<void> {
    const { build, sign, nowMs, log, onSigned } = this.#options;
    const said = JSON.stringify(build(null));
    if (said === this.#said) return;
    this.#said = said;
    try {
      const jws = await sign(build(nowMs()));
      // A later refresh has overtaken this one.
      if (said !== this.#said) return;
      this.#jws = jws;
      onSigned();
    } catch (failure) {
      if (!(failure instanceof TelpostError)) throw failure;
      log.error("report.not_signed", { code: failure.code, detail: failure.detail });
    }
  }
}
