import type { Scenario } from "../scenario.ts";
import { lines } from "./lines.ts";
import { setup } from "./setup.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [lines, setup];
