import { type Passage, passagesOf, peopleAt, type Walker } from "../simulators/scene.ts";
import type { Ledger, Truth } from "./ledger.ts";
import { FLOW_SECONDS, OCCUPANCY_SECONDS } from "./site-files.ts";

/** Where every simulated device counts, metres. */
const COUNTED_AT_METRES = 2;

/** What a device makes of people, by its own nature and mounting. */
export interface Sees {
  /** `both`: the ways are told apart; `any`: everybody counts as in; `nearer`: who comes nearer counts as in, nobody else. */
  readonly flow?: "both" | "any" | "nearer";
  /** Its first number is only where counting begins, and it tells none before somebody passes. */
  readonly firstIsStart?: boolean;
  /** The most people in view that it can tell. */
  readonly present?: number;
}

/** The truth of a scene, window by window: what each output would be without noise. */
export class SceneTruth implements Pick<Ledger, "truth"> {
  readonly #scene: readonly Walker[];
  readonly #passages: readonly Passage[];
  readonly #sees: ReadonlyMap<string, Sees>;
  /** Clock of the devices minus UTC, ms. */
  #shiftMs: number | null = null;

  /** @param sees by output */
  constructor(scene: readonly Walker[], sees: ReadonlyMap<string, Sees>) {
    this.#scene = scene;
    this.#passages = passagesOf(scene, COUNTED_AT_METRES);
    this.#sees = sees;
  }

  /** People walk from now on: what the clock of the devices shows at a moment of UTC. */
  begin(wallMs: number, deviceMs: number): void {
    this.#shiftMs = deviceMs - wallMs;
  }

  truth(output: string, kind: "flow" | "occupancy", endMs: number): Truth | null {
    const sees = this.#sees.get(output);
    if (!sees || this.#shiftMs === null) return null;
    const toMs = endMs + this.#shiftMs;
    if (kind === "flow") return this.#flow(sees, toMs - FLOW_SECONDS * 1000, toMs);
    const most = this.#mostBetween(toMs - OCCUPANCY_SECONDS * 1000, toMs);
    return { present: Math.min(most, sees.present ?? most) };
  }

  #flow({ flow, firstIsStart }: Sees, fromMs: number, toMs: number): Truth {
    const counted = firstIsStart ? this.#passages.slice(1) : this.#passages;
    const inside = counted.filter(({ atMs }) => atMs > fromMs && atMs <= toMs);
    const inward = inside.filter(({ way }) => way === "in").length;
    const outward = inside.length - inward;
    if (flow === "any") return { in: inside.length, out: 0 };
    return flow === "nearer" ? { in: outward, out: 0 } : { in: inward, out: outward };
  }

  /** The most at once: that many are there when somebody has just come. */
  #mostBetween(fromMs: number, toMs: number): number {
    const comings = this.#scene.map((walker) => walker.fromMs + 1).filter((ms) => ms > fromMs && ms <= toMs);
    return Math.max(...[fromMs, ...comings].map((ms) => peopleAt(this.#scene, ms).length));
  }
}
