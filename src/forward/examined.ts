import { dirname } from "node:path";
import type { DoctorReport } from "../contract/doctor-report.ts";
import { addressOf } from "../doctor/address.ts";
import type { Answer, Patient, SenseView as SenseSeen } from "../doctor/check.ts";
import { examine } from "../doctor/examine.ts";
import type { Machine } from "../doctor/machine.ts";
import { REMOTE_CHECKS } from "../doctor/remote.ts";
import type { ForwardOptions, ForwardStatus } from "./compose.ts";
import type { SenseView } from "./handover-host.ts";

export interface ExaminedParts {
  readonly sense: SenseView;
  readonly status: () => ForwardStatus;
}

/** Has this gateway examined as far as forward may look: it starts no program and opens no device. Takes at most 15 s. */
export function examined(options: ForwardOptions, parts: ExaminedParts): Promise<DoctorReport> {
  const isAlone = parts.status().sense === "absent";
  return examine({
    // Only sense knows whether the clock is set.
    checks: isAlone ? REMOTE_CHECKS.filter(({ id }) => id !== "clock") : REMOTE_CHECKS,
    patient: patientOf(options, parts),
    machine: machineOf(options, parts.sense),
  });
}

function patientOf(options: ForwardOptions, { sense, status }: ExaminedParts): Patient {
  const running = status();
  const { config, configFolder, controlSocket, outboxFile, handoverSocket, credentialsDirectory } = options;
  return {
    // What the file holds by now is for the doctor on the spot: this one examines what runs.
    configuration: { file: "", folder: configFolder, config, hash: null, code: null, problems: [] },
    places: {
      runtime: dirname(controlSocket),
      crash: dirname(handoverSocket),
      state: dirname(outboxFile),
    },
    sense: seen(sense, running),
    forward: { answers: true, status: running },
    trials: [],
    credentialsDirectory,
  };
}

/** What sense said last says nothing once it is gone. */
function seen(view: SenseView, { sense }: ForwardStatus): Answer<SenseSeen> {
  const { about, sensors, contacts, clockSynced } = view;
  if (!about || sense === "absent") return { answers: false, code: "usage.not_running" };
  return {
    answers: true,
    status: { sensors, contacts, clockSynced, cityKeyUntilMs: about.cityKeyUntilMs },
  };
}

/** The unit keeps the kernel's word on its clock from forward, so sense gives it. */
function machineOf({ clock, platformRoot: root = "/" }: ForwardOptions, sense: SenseView): Machine {
  return {
    clock,
    root,
    clockSync: () => ({ synced: sense.clockSynced, maxErrorMs: null }),
    chips: () => [],
    lookup: addressOf,
    run: async () => null,
    self: async () => null,
  };
}
