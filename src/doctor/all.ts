import type { Check } from "./check.ts";
import { accounts } from "./checks/accounts.ts";
import { board } from "./checks/board.ts";
import { certificate } from "./checks/certificate.ts";
import { clock } from "./checks/clock.ts";
import { configuration } from "./checks/configuration.ts";
import { delivery, queue } from "./checks/delivery.ts";
import { card, disk } from "./checks/disk.ts";
import { frames } from "./checks/frames.ts";
import { keys } from "./checks/keys.ts";
import { lines } from "./checks/lines.ts";
import { login } from "./checks/login.ts";
import { name, route, tcp } from "./checks/network.ts";
import { outbox } from "./checks/outbox.ts";
import { ports } from "./checks/ports.ts";
import { sensors } from "./checks/sensors.ts";
import { tls } from "./checks/tls.ts";
import { crash, processes, units } from "./checks/units.ts";
import { versions } from "./checks/versions.ts";

/** Everything that is looked at on the gateway itself, causes before what follows from them. */
export const ALL_CHECKS: readonly Check[] = [
  configuration,
  clock,
  board,
  disk,
  card,
  crash,
  accounts,
  keys,
  certificate,
  outbox,
  ports,
  lines,
  frames,
  units,
  processes,
  sensors,
  route,
  name,
  tcp,
  tls,
  login,
  delivery,
  queue,
  versions,
];
