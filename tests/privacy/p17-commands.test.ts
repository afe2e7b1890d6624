import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/base/log.ts";
import { LEAVES, parseTopic, topics } from "../../src/contract/topics.ts";
import { inbound } from "../../src/forward/uplink/inbound.ts";
import { fill, ROOT, startRig } from "../e2e/uplink-rig.ts";
import { identity } from "../kit/outbox-data.ts";
import { type ScriptedBroker, startScriptedBroker } from "../kit/scripted-broker.ts";
import { aWhile, until } from "../kit/until.ts";
import { evidence, FULL } from "./evidence.ts";

/**
 * P17: no remote command returns raw data, raises epsilon, shortens windows or publishes again with new noise. There are
 * none yet: nothing below `cmd` is subscribed to, and what a broker sends uncalled does nothing. Whoever adds a command
 * finds these tests red, and proves the rule for it here.
 */

const RUNS = FULL ? 20_000 : 2_000;

let broker: ScriptedBroker;
beforeEach(async () => {
  broker = await startScriptedBroker();
});
afterEach(() => broker.stop());

describe.each(["broker", "city"] as const)("P17 a gateway whose proof is the %s's", (ack) => {
  it("P17 listens to city keys and acknowledgements, and to nothing below cmd", async () => {
    const rig = startRig({ url: `mqtt://127.0.0.1:${broker.port}`, broker: { ack } });
    try {
      await until(() => broker.subscribed.length > 0, "subscribed");
      const wanted = ack === "city" ? ["keys", "ack"] : ["keys"];
      expect(broker.subscribed).toEqual(wanted.map((leaf) => `${ROOT}/${leaf}`));
      expect(broker.subscribed.filter((topic) => /[#+]|\/cmd/.test(topic))).toEqual([]);
      expect(parseTopic(`${ROOT}/cmd/export`)).toBeNull();
      expect(LEAVES.filter((leaf) => /cmd|res/.test(leaf))).toEqual([]);
    } finally {
      await rig.uplink.stop();
    }
  });

  it("P17 answers nothing that a hostile broker sends uncalled", async () => {
    const rig = startRig({ url: `mqtt://127.0.0.1:${broker.port}`, broker: { ack } });
    try {
      fill(rig.outbox, 0, 2);
      const sealed = () => broker.received.filter(({ topic }) => topic.endsWith("/sealed")).length;
      await until(() => sealed() === 3, "the backlog");
      const before = broker.received.length;
      for (const leaf of [
        "cmd/export",
        "cmd/config",
        "cmd/walktest",
        "cmd/republish",
        "cmd/epsilon",
        "sealed",
        "status",
      ]) {
        for (const payload of [
          "",
          "{}",
          '{"epsilon":"100"}',
          '{"windowSeconds":1}',
          '{"verb":"raw","from":0}',
          "\0\xff",
        ])
          broker.send(`${ROOT}/${leaf}`, payload);
      }
      await aWhile();
      expect(broker.received.length).toBe(before);
      expect(rig.keys).toEqual([]);
      expect(rig.uplink.state().state).toBe("connected");
    } finally {
      await rig.uplink.stop();
    }
  });
});

it("P17 hands on key sets and acknowledgements only, whatever comes on whatever topic", () => {
  const mine = topics(identity);
  const heard: string[] = [];
  const take = inbound({
    topics: mine,
    log: silentLog,
    onAck: () => heard.push("ack"),
    onKeys: () => heard.push("keys"),
  });
  const leaf = fc.oneof(
    fc.constantFrom(...LEAVES, "cmd/x", "cmd/config", "res/x", "#", "+"),
    fc.string({ maxLength: 20 }),
  );
  const payload = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.json().map((text) => Buffer.from(text)),
  );
  fc.assert(
    fc.property(leaf, payload, (name, bytes) => {
      heard.length = 0;
      take(`${mine.root}/${name}`, bytes);
      if (name !== "ack" && name !== "keys") expect(heard).toEqual([]);
      expect(heard.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: RUNS },
  );
  evidence(
    "P17",
    `${RUNS} fuzzed messages on any topic of the gateway: key sets and acknowledgements are taken, nothing else. Nothing below cmd is subscribed to`,
  );
});
