import type { Scenario } from "../scenario.ts";
import { cabinet } from "./cabinet.ts";
import { clock } from "./clock.ts";
import { guide } from "./guide.ts";
import { isolation } from "./isolation.ts";
import { lines } from "./lines.ts";
import { network } from "./network.ts";
import { onoff } from "./onoff.ts";
import { power } from "./power.ts";
import { remote } from "./remote.ts";
import { setup } from "./setup.ts";
import { update } from "./update.ts";
import { usb } from "./usb.ts";

/** In the order in which they run. */
export const SCENARIOS: readonly Scenario[] = [
  lines,
  onoff,
  setup,
  guide,
  power,
  cabinet,
  update,
  isolation,
  network,
  remote,
  clock,
  usb,
];
