import { forward, sense } from "./processes.ts";
import type { ListedVerb } from "./verb.ts";

/** Every verb of the command line, in the order of the help. */
export const verbs: readonly ListedVerb[] = [
  {
    name: "demo",
    summary: "shows everything at work: simulated sensors, no hardware, no configuration",
    load: async () => (await import("./demo.ts")).demo,
  },
  {
    name: "run",
    summary: "both processes as children of one command: development and small sites",
    load: async () => (await import("./run.ts")).run,
  },
  sense,
  forward,
  {
    name: "status",
    summary: "what both processes are doing, on one screen",
    load: async () => (await import("./status.ts")).status,
  },
  {
    name: "doctor",
    summary: "finds out what is wrong and what to do, also when nothing runs; reads only",
    load: async () => (await import("./doctor.ts")).doctor,
  },
  {
    name: "top",
    summary: "one live screen: sensors, windows, outbox, uplink, clock, machine, and what to do",
    load: async () => (await import("./top.ts")).top,
  },
  {
    name: "explain",
    summary: "what became of a window, how a sensor does, what an error code means",
    load: async () => (await import("./explain.ts")).explain,
  },
  {
    name: "support-bundle",
    summary: "one file for who helps from afar: what is wrong here, and nothing about people",
    load: async () => (await import("./support-bundle.ts")).supportBundle,
  },
  {
    name: "outbox",
    summary: "what waits for the city: list, verify, export, import, salvage",
    load: async () => (await import("./outbox.ts")).outbox,
  },
  {
    name: "check",
    summary: "shows every problem of a configuration at once; opens nothing",
    load: async () => (await import("./check.ts")).check,
  },
  {
    name: "setup",
    summary: "sets this gateway up: sensors, configuration, key, start, first window",
    load: async () => (await import("./setup.ts")).setup,
  },
  {
    name: "update",
    summary: "installs a signed release on trial: kept with its first window, or taken back by itself",
    load: async () => (await import("./update.ts")).update,
  },
  {
    name: "sensors",
    summary: "lists the sensor profiles, how far each is proven, and what it gives",
    load: async () => (await import("./sensors.ts")).sensors,
  },
  {
    name: "probe",
    summary: "finds out which profile fits the sensor on a serial port",
    load: async () => (await import("./probe.ts")).probe,
  },
  {
    name: "sniff",
    summary: "how the frames of a sensor come and where they break, while telpost counts on",
    load: async () => (await import("./sniff.ts")).sniff,
  },
  {
    name: "walktest",
    summary: "you walk past a sensor and see what it counts: rare, marked, and told to the city",
    load: async () => (await import("./walktest.ts")).walktest,
  },
  {
    name: "replay",
    summary: "runs a recording through the production path on a virtual clock",
    load: async () => (await import("./replay.ts")).replay,
  },
  {
    name: "receive",
    summary: "the city's side: verifies, opens, removes duplicates, finds gaps, prints NDJSON",
    load: async () => (await import("./receive.ts")).receive,
  },
  {
    name: "command",
    summary: "the city's side: asks a gateway for its health, its findings, or a restart",
    load: async () => (await import("./command.ts")).command,
  },
  {
    name: "privacy-report",
    summary: "what this gateway measures, keeps, sends and shows, for officers and citizens",
    load: async () => (await import("./privacy-report.ts")).privacyReport,
  },
  {
    name: "keys",
    summary: "makes the gateway's key and the city's keys",
    load: async () => (await import("./keys.ts")).keys,
  },
  {
    name: "fleet",
    summary: "makes the files of thousands of gateways, their broker and their city from one inventory",
    load: async () => (await import("./fleet.ts")).fleet,
  },
];
