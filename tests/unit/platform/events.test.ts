import { describe, expect, it } from "vitest";
import { eventMessage, eventMessageForReaders, toEventMessage } from "../../../src/contract/event.ts";
import { gatewayEvent } from "../../../src/handover/protocol.ts";
import { CONTACT_USES, type GatewayEvent, PLATFORM_ALARMS } from "../../../src/model.ts";

const HEADER = {
  ...{ tenant: "denhaag", site: "strand", gateway: "gw07" },
  ...{ epoch: "7k2m9qv4x0t8b1ce", seq: 3, atMs: Date.parse("2026-07-18T14:05:00Z") },
};
const EVENTS: readonly GatewayEvent[] = [
  ...PLATFORM_ALARMS.map((what) => ({ kind: "platform" as const, what, state: "raised" as const })),
  ...CONTACT_USES.map((use) => ({ kind: "contact" as const, id: "c-1", use, state: "cleared" as const })),
];

describe("an alarm of the machine or its cabinet", () => {
  it.each(EVENTS)("crosses the handover and goes to the city as it is: %o", (event) => {
    expect(gatewayEvent.parse(event)).toEqual(event);
    const message = toEventMessage(HEADER, event);
    expect(eventMessage.parse(message)).toEqual(message);
    expect(eventMessageForReaders.parse(message)).toEqual(message);
    expect(message).toMatchObject({ ...event, at: "2026-07-18T14:05:00Z" });
  });

  it("is understood by a reader that does not know the word for it yet, but never written so", () => {
    const later = {
      ...toEventMessage(HEADER, { kind: "platform", what: "hot", state: "raised" }),
      what: "fan_dead",
    };
    expect(eventMessageForReaders.parse(later)).toEqual(later);
    expect(eventMessage.safeParse(later).success).toBe(false);
  });
});
