/** RFC 3339 with the offset that a time zone has at that instant: `2026-10-25T02:59:00+02:00`. ms since the Unix epoch in. */
export type LocalTime = (ms: number) => string;

/**
 * Local time in a zone of the IANA database, both changes of daylight saving time included: in the hour that comes twice
 * the offset tells the two apart.
 * @throws RangeError when there is no such zone
 */
export function localTime(zone: string): LocalTime {
  const fields = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  const clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  const format = new Intl.DateTimeFormat("en", {
    timeZone: zone,
    timeZoneName: "longOffset",
    ...fields,
    ...clock,
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const [year, month, day, hour, minute, second] = ["year", "month", "day", "hour", "minute", "second"].map(
      (name) => parts.get(name as Intl.DateTimeFormatPartTypes),
    );
    // "GMT+02:00", and only "GMT" for no offset.
    const offset = parts.get("timeZoneName")?.slice(3) || "+00:00";
    return `${year}-${month}-${day}T${hour}:${minute}:${second}${offset}`;
  };
}
