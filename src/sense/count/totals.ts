/**
 * Counts from a counter that runs on. What real counters do (New York turnstiles, see the recordings): reset to zero or
 * to a corrupt base after a power loss, show one absurd reading, count down, answer twice under one id, stay silent for a
 * day. The rule: a step counts only when it goes forward and people could have made it; everything else starts another
 * candidate for the counter's true course, and the next readings show which one goes on. So one wild reading costs
 * nothing, a reset costs the passages around it, and no reading ever counts twice or below zero.
 */

/** One course the counter may be on. */
interface Course {
  readonly total: number;
  /** Wall-clock label of `total` in ms, null when unknown. */
  readonly atMs: number | null;
  /**
   * Readings that fitted it, up to BELIEVED: 1 is a single reading, which may be a spike; 2 was met again after readings
   * of another course. A reading that goes on from the one right before it makes a course believed at once.
   */
  readonly seen: number;
  /** Readings since the last that fitted it. */
  readonly missed: number;
}

/** A channel of a counter: its courses, the one of the last reading first. Plain data, for the crash copy. */
export interface ChannelState {
  readonly courses: readonly Course[];
}

/** What must survive a restart. */
export interface TotalBaseline {
  readonly total: number;
  readonly atMs: number | null;
}

export interface TotalOptions {
  /** Width after which the counter wraps to 0; without it a counter never wraps. */
  readonly bits?: number;
  /** Faster than people can pass here. */
  readonly maxPerSecond: number;
}

/**
 * What was odd about a reading: diagnostics, and flags of the window. `wrap` is normal and counted.
 * `reset`: fell to less than half; `backwards`: fell by less; `spike`: beyond what people can do or the counter can
 * show; `second_counter`: goes on from an earlier course although that was a single reading or the latest one is believed.
 */
export type TotalAnomaly = "reset" | "backwards" | "spike" | "second_counter" | "wrap";

export interface SteppedTotal {
  readonly state: ChannelState;
  /** Passages to count now, a whole number >= 0. */
  readonly delta: number;
  /** Since when they passed: the time of the reading they are measured from; null when unknown or nothing is measured. */
  readonly sinceMs: number | null;
  readonly anomaly?: TotalAnomaly;
}

const MAX_COURSES = 4;
/** Readings after which a course that no reading fitted is given up. */
const MAX_MISSED = 8;
const BELIEVED = 3;

/**
 * Takes one reading of one channel.
 * @param state undefined before the first reading ever, which is a baseline only
 * @param total whole number >= 0
 * @param atMs wall-clock label in ms; null when the time since the previous reading is unknown. Then, and when the label
 *   lies before the previous one (a clock step), only width and direction are judged
 */
export function stepTotal(
  state: ChannelState | undefined,
  total: number,
  atMs: number | null,
  options: TotalOptions,
): SteppedTotal {
  if (options.bits !== undefined && total >= 2 ** options.bits) {
    return { state: state ?? { courses: [] }, delta: 0, sinceMs: null, anomaly: "spike" };
  }
  const [latest] = state?.courses ?? [];
  if (!state || !latest) return { state: fromBaseline({ total, atMs }), delta: 0, sinceMs: null };
  const course = fitting(state.courses, (one) => stepFrom(one, total, atMs, options));
  if (!course) {
    const fresh: Course = { total, atMs, seen: 1, missed: 0 };
    return {
      state: withLatest(state, fresh),
      delta: 0,
      sinceMs: null,
      anomaly: oddity(byTrust(state.courses), total),
    };
  }
  return goOn(state, course, { total, atMs }, options);
}

/** A reading that fits a course. A single reading met again after others is not counted yet, and stays what it was. */
function goOn(
  state: ChannelState,
  course: Course,
  { total, atMs }: TotalBaseline,
  options: TotalOptions,
): SteppedTotal {
  const latest = state.courses[0];
  if (course !== latest && course.seen === 1) {
    const again = withLatest(state, { ...course, seen: 2, missed: 0 }, course);
    return { state: again, delta: 0, sinceMs: null, anomaly: "second_counter" };
  }
  const anomaly = total < course.total ? "wrap" : anotherThan(latest, course) ? "second_counter" : undefined;
  return {
    state: withLatest(state, { total, atMs, seen: BELIEVED, missed: 0 }, course),
    delta: stepFrom(course, total, atMs, options) ?? 0,
    sinceMs: course.atMs,
    ...(anomaly && { anomaly }),
  };
}

/** The state of a channel whose last total is known: believed, and measured from. */
export function fromBaseline({ total, atMs }: TotalBaseline): ChannelState {
  return { courses: [{ total, atMs, seen: BELIEVED, missed: 0 }] };
}

/** The same channel with later labels for what was read since `fromMs`, by a clock that was wrong by `stepMs`. */
export function relabelled({ courses }: ChannelState, stepMs: number, fromMs: number): ChannelState {
  const moved = (atMs: number | null) => (atMs !== null && atMs >= fromMs ? atMs + stepMs : atMs);
  return { courses: courses.map((course) => ({ ...course, atMs: moved(course.atMs) })) };
}

/** The last believed total: a single wild reading does not survive a restart. Undefined before any reading. */
export function baselineOf(state: ChannelState): TotalBaseline | undefined {
  const [course] = byTrust(state.courses);
  return course && { total: course.total, atMs: course.atMs };
}

/**
 * Passages from a course to a reading, or null when people did not make that step.
 * A counter of known width wraps: forward modulo 2^bits. A wrap is believed only when it is the shorter way round, so that
 * a small fall is not taken for a nearly full turn; without a time every step of such a counter is judged like that.
 */
function stepFrom(
  course: Course,
  total: number,
  atMs: number | null,
  { bits, maxPerSecond }: TotalOptions,
): number | null {
  const forward = total - course.total;
  const step = forward < 0 && bits !== undefined ? forward + 2 ** bits : forward;
  const elapsedMs = atMs === null || course.atMs === null ? -1 : atMs - course.atMs;
  const timed = elapsedMs >= 0;
  if (bits !== undefined && (forward < 0 || !timed) && step >= 2 ** (bits - 1)) return null;
  const most = timed ? Math.ceil(maxPerSecond * Math.max(1, elapsedMs / 1000)) : Number.POSITIVE_INFINITY;
  return step >= 0 && step <= most ? step : null;
}

/**
 * The course a reading goes on from: the latest believed one that fits. Right after a single odd reading nobody knows yet
 * whether that was a spike or a new base, so the smallest step is taken: it never counts people who were not there.
 */
function fitting(courses: readonly Course[], stepOf: (course: Course) => number | null): Course | undefined {
  const fits = byTrust(courses).filter((course) => stepOf(course) !== null);
  if ((courses[0]?.seen ?? 0) >= BELIEVED) return fits[0];
  return fits.sort((one, other) => (stepOf(one) ?? 0) - (stepOf(other) ?? 0))[0];
}

/** Believed courses first; within each group the latest first. */
function byTrust(courses: readonly Course[]): readonly Course[] {
  const believed = (course: Course): boolean => course.seen >= BELIEVED;
  return [...courses.filter(believed), ...courses.filter((course) => !believed(course))];
}

function anotherThan(latest: Course | undefined, course: Course): boolean {
  return latest !== undefined && latest !== course && latest.seen >= BELIEVED;
}

/** Puts a course in front, in place of `replaced`; the others age, and the least trusted make room. */
function withLatest(state: ChannelState, latest: Course, replaced?: Course): ChannelState {
  const aged = state.courses
    .filter((course) => course !== replaced)
    .map((course) => ({ ...course, missed: course.missed + 1 }))
    .filter((course) => course.missed <= MAX_MISSED);
  const kept = new Set(byTrust(aged).slice(0, MAX_COURSES - 1));
  return { courses: [latest, ...aged.filter((course) => kept.has(course))] };
}

function oddity([best]: readonly Course[], total: number): TotalAnomaly {
  if (!best || total > best.total) return "spike";
  return total < best.total / 2 ? "reset" : "backwards";
}
