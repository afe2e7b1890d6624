import type { Schedule } from "./schedule.ts";

/**
 * The shortest history it can find that still fails: leaves out ever smaller parts, as in delta debugging (Zeller and
 * Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 2002). Real processes are not repeatable to the
 * microsecond, so what it finds is a good hint and not a proof.
 * @param fails runs a shorter history; called at most `limit` times
 */
export async function shrink(
  schedule: Schedule,
  fails: (shorter: Schedule) => Promise<boolean>,
  limit: number,
): Promise<Schedule> {
  let shortest = schedule;
  let tries = 0;
  for (let size = Math.ceil(schedule.length / 2); size >= 1 && tries < limit; ) {
    let found = false;
    for (let from = 0; from < shortest.length && tries < limit && shortest.length > 1; ) {
      const shorter = shortest.filter((_, index) => index < from || index >= from + size);
      tries++;
      if (shorter.length > 0 && (await fails(shorter))) {
        shortest = shorter;
        found = true;
      } else from += size;
    }
    if (size === 1 && !found) break;
    size = size === 1 ? 1 : Math.floor(size / 2);
  }
  return shortest;
}
