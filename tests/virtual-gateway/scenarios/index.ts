import type { Scenario } from "../scenario.ts";
import { lines } from "./lines.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [lines];
