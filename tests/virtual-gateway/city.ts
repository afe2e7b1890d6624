/** A record as `telpost receive` prints it, as far as totals go. */
interface CityRecord {
  readonly type: string;
  readonly sensor: string;
  readonly quality: string;
  readonly flags?: readonly string[];
  readonly value: { readonly in: number; readonly out: number };
}

export interface CityTotals {
  readonly in: number;
  readonly out: number;
  readonly windows: number;
  /** Windows that are partial because edges were lost. */
  readonly edgesLost: number;
}

/** The sum of the windows of one sensor that the city opened. */
export function atTheCity(received: string, sensor: string): CityTotals {
  const records = received
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as CityRecord)
    .filter((record) => record.type === "record" && record.sensor === sensor);
  const sum = (way: "in" | "out") => records.reduce((all, { value }) => all + value[way], 0);
  const lost = records.filter(({ quality, flags }) => quality === "partial" && flags?.includes("edges_lost"));
  return { in: sum("in"), out: sum("out"), windows: records.length, edgesLost: lost.length };
}
