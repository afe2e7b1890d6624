import type { WalkEnd, WalkVerdict } from "../model.ts";

/** What a verdict means, and what to do about it. */
export interface VerdictWords {
  readonly means: string;
  readonly cure: string;
}

export const VERDICTS: Readonly<Record<WalkVerdict, VerdictWords>> = {
  good: {
    means: "Every passage was counted once, in its direction.",
    cure: "Nothing is left to do here.",
  },
  nothing: {
    means: "Nothing was counted at all.",
    cure: "Is this the sensor you stand at? Two cables may be swapped: walk with --bytes, which shows whether its line hears you. Check its aim and its power.",
  },
  missed: {
    means: "Passages were missed.",
    cure: "Walk slower once: if that helps, lower debounceMs or the sensor's own hold time. Then check the aim, the height and what stands in the way.",
  },
  doubled: {
    means: "Passages were counted more than once.",
    cure: "Raise debounceMs or the sensor's own hold time. With two beams, check that each cable is on its own line; with a counting line, move it away from where people stand.",
  },
  extra: {
    means: "More was counted than you walked.",
    cure: "Somebody else may have passed: walk again when nobody is near. If it comes again, treat it as counted twice.",
  },
  mirrored: {
    means: "In and out are exchanged.",
    cure: "Swap them in telpost.yaml: in: of the counting line, a and b of two beams, the two counters of a device; or turn the sensor round.",
  },
  one_way: {
    means: "All passages went the same way.",
    cure: "A single beam or pulse cannot tell directions: then this is right. With two beams the second one is never broken: check its cable; with a device, its second counter.",
  },
};

export const ENDS: Readonly<Record<WalkEnd, string>> = {
  finished: "finished",
  hung_up: "the terminal hung up",
  time_over: "the 15 minutes were over",
  restarted: "the program was restarted",
};
