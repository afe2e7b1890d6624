import type { Examples } from "./examples.ts";

const THUMBPRINT = "3f0JH6c2zQe8mJ1u3vKq5dW9xYt7aL4bN0sRpVgTkEo";

const REPORT = {
  ...{ schema: "telpost/privacy-report/1", tenant: "denhaag", site: "scheveningen", gateway: "gw07" },
  ...{
    made: "2026-07-18T14:05:03.120Z",
    software: "telpost 0.1.0",
    contract: "1.1",
    configHash: "3f0d8b7e4c2a",
  },
  isolation: "kernel",
  responsible: {
    ...{ controller: "Gemeente Den Haag", contact: "privacy@denhaag.example", purpose: "Crowd safety" },
    ...{ legalBasis: "Public task", dpia: "DPIA-2026-014", register: "SENS-0231", activeUntil: "2027-12-31" },
  },
  protection: {
    ...{ profile: "street", mechanism: "discrete-laplace", reason: null, override: null },
    flow: { windowSeconds: 60, epsilon: "1", unit: "passage", sensitivity: 1 },
    occupancy: { windowSeconds: 300, epsilon: "1", windows: 3, unit: "person-window", sensitivity: 1 },
    ...{ sealedTo: THUMBPRINT, signedBy: THUMBPRINT },
  },
  technologies: [
    {
      ...{
        profile: "gpio-pulse",
        title: "A contact that closes once for each passage",
        status: "experimental",
      },
      ...{ reads: ["the level of one line"], discards: [] },
    },
  ],
  sensors: [
    {
      ...{ id: "turnstile-2", profile: "gpio-pulse", location: "Pier, entrance", epsilonPerPerson: 1 },
      outputs: [{ id: "turnstile-2", kind: "flow", method: "counted", seconds: 60 }],
    },
  ],
  derived: [
    { id: "pier-crowd", kind: "level", seconds: 60, of: ["turnstile-2"], how: "by a published number" },
  ],
  files: [
    {
      ...{ place: "state", name: "outbox.db", process: "forward", medium: "card", holds: "sealed messages" },
      ...{ readableBy: "telpost-forward", keptFor: "until the city has them" },
    },
  ],
  tables: [{ name: "rows", columns: ["id", "body"], holds: "sealed messages and events that wait" }],
  topics: [
    {
      ...{ topic: "sealed", direction: "to-city", schema: "telpost/windows/1", sealed: true, signed: true },
      ...{ retained: false, when: "at the end of each window", fields: ["records[].value.in"] },
    },
  ],
  logs: { where: "journald", keptFor: "as the machine is set", events: ["sensor.up"], fields: ["sensor"] },
  access: [{ who: "technicians", sees: "the state of the links" }],
  exactNumbers: [{ where: "the open window in memory", why: "it is being counted", limit: "until it ends" }],
  walkTests: null,
};

/** One report, shorter than a real one, and what is wrong with others. */
export const PRIVACY_REPORT: Examples = {
  valid: [
    { name: "a turnstile", message: REPORT },
    { name: "a field that a later version may write", later: true, message: { ...REPORT, cameras: 0 } },
  ],
  invalid: [
    {
      wrong: "an epsilon that is no exact fraction",
      message: {
        ...REPORT,
        protection: { ...REPORT.protection, flow: { ...REPORT.protection.flow, epsilon: "0.5" } },
      },
    },
    { wrong: "nobody says how numbers are protected", message: { ...REPORT, protection: undefined } },
    { wrong: "a count where there must be none", message: { ...REPORT, walkTests: -1 } },
  ],
};
