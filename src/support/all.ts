import type { Part } from "./part.ts";
import { configuration } from "./parts/configuration.ts";
import { doctor } from "./parts/doctor.ts";
import { journal } from "./parts/journal.ts";
import { outbox } from "./parts/outbox.ts";
import { status } from "./parts/status.ts";
import { trials } from "./parts/trials.ts";
import { units } from "./parts/units.ts";
import { versions } from "./parts/versions.ts";
import { windows } from "./parts/windows.ts";

/** Everything that a bundle may hold; what is not here is in none. In the order in which it is read. */
export const ALL_PARTS: readonly Part[] = [
  doctor,
  status,
  units,
  configuration,
  versions,
  windows,
  outbox,
  journal,
  trials,
];
