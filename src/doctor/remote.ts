import type { Check } from "./check.ts";
import { board } from "./checks/board.ts";
import { certificate } from "./checks/certificate.ts";
import { clock } from "./checks/clock.ts";
import { configuration } from "./checks/configuration.ts";
import { delivery, queue } from "./checks/delivery.ts";
import { card, disk } from "./checks/disk.ts";
import { name, route, tcp } from "./checks/network.ts";
import { sensors } from "./checks/sensors.ts";
import { tls } from "./checks/tls.ts";
import { processes } from "./checks/units.ts";

/**
 * What forward can look at by itself, so that the city may ask for it: nothing here loads sense, opens a device or starts
 * a second connection to the broker's MQTT.
 */
export const REMOTE_CHECKS: readonly Check[] = [
  configuration,
  processes,
  clock,
  board,
  disk,
  card,
  certificate,
  sensors,
  route,
  name,
  tcp,
  tls,
  delivery,
  queue,
];
