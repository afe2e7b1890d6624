import type { LinkState } from "../model.ts";
import type { FlowSums, MessageCounts, OpenedRecord, Totals } from "./story.ts";

/** Everything that the picture shows, as plain data. */
export interface View {
  /** What is going on, in one sentence. */
  readonly saying: string;
  readonly elapsedSeconds: number;
  readonly sensors: readonly SensorView[];
  /** Size of the last sealed message on the broker, bytes. */
  readonly sealedBytes: number | null;
  /** From forward's control socket; null while it does not answer. */
  readonly outbox: { readonly waiting: number; readonly proven: number } | null;
  readonly brokerMessages: number;
  readonly messages: MessageCounts;
  readonly totals: Totals;
  /** Newest first. */
  readonly records: readonly OpenedRecord[];
  /** Where the two processes log. */
  readonly logFile: string;
}

export interface SensorView {
  readonly id: string;
  readonly port: string;
  /** From sense's control socket; null while it does not answer. */
  readonly link: LinkState | null;
  readonly sends: string;
  /** The last line of the simulated device. */
  readonly line: string;
  /** How well its profile is known; null for a generic one. */
  readonly status: "proven" | "experimental" | null;
  /** Null when it tells by itself. */
  readonly askedEverySeconds: number | null;
  /** Passages in all windows that the city opened; null when it counts none. */
  readonly sums: FlowSums | null;
  /** The newest record about people in view; null without one. */
  readonly present: OpenedRecord | null;
}
