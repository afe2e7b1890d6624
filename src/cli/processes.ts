import type { ListedVerb } from "./verb.ts";

/** The two processes, each by itself: whoever takes one takes nothing of the other. */

export const sense: ListedVerb = {
  name: "sense",
  summary: "the process that reads the sensors: no network, no disk",
  load: async () => (await import("./sense.ts")).sense,
};

export const forward: ListedVerb = {
  name: "forward",
  summary: "the process that keeps and sends sealed messages: no devices",
  load: async () => (await import("./forward.ts")).forward,
};
