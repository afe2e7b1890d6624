import type { Profile } from "../config/profile.ts";
import type { SerialSettings } from "../sense/line/serial-port.ts";

/** How a line is set while it is listened to. */
export type LineSetting = Omit<SerialSettings, "port">;

/** A profile of a device on a serial line, and how its line is set. */
export interface Candidate {
  readonly profile: Profile;
  readonly line: LineSetting;
}

/** The profiles that a serial port can have. */
export function candidatesOf(profiles: readonly Profile[]): Candidate[] {
  return profiles.flatMap((profile): Candidate[] => {
    const { transport } = profile;
    if (transport.kind !== "serial") return [];
    const { baudRate, dataBits, parity, stopBits } = transport;
    return [{ profile, line: { baudRate, dataBits, parity, stopBits } }];
  });
}

/** Where scripts of one's own start: the default of telpost.yaml. */
export const SCRIPT_LINE: LineSetting = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1 };

/**
 * The settings to try, the likely ones first: those of most proven profiles, then those of most profiles. With a baud
 * rate given, only that one.
 */
export function planOf(candidates: readonly Candidate[], baudRate?: number): LineSetting[] {
  const all = [...candidates.map(({ line }) => line), ...(candidates.length === 0 ? [SCRIPT_LINE] : [])];
  const lines = all.map((line) => (baudRate === undefined ? line : { ...line, baudRate }));
  const distinct = [...new Map(lines.map((line) => [keyOf(line), line])).values()];
  const weight = (line: LineSetting) => {
    const own = candidates.filter((one) => keyOf(one.line) === keyOf(line));
    return 100 * own.filter(({ profile }) => profile.status === "proven").length + own.length;
  };
  return distinct.sort((one, other) => weight(other) - weight(one));
}

/** Two settings are the same when their keys are. */
export function keyOf({ baudRate, dataBits, parity, stopBits }: LineSetting): string {
  return `${baudRate} ${dataBits}${parity[0]?.toUpperCase()}${stopBits}`;
}
