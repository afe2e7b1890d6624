import { describe, expect, it } from "vitest";
import { dueMs } from "../../../src/sense/sensor/dialogue/dialogue.ts";
import { hex, poll, Rig, step } from "./rig.ts";

const frames = { kind: "frames", silentAfterMs: 2000 } as const;
const polled = { kind: "poll", silentAfterMs: 60_000 } as const;
const radar = { init: [step("on", { retries: 0 })], polls: [], liveness: frames };
const counter = { init: [], polls: [poll("a", { retries: 0 })], liveness: polled };

describe("a device that sends frames by itself", () => {
  it("works from its first frame behind the init, not before", () => {
    const rig = new Rig(radar).frame("report").frame("ack on");
    expect(rig.condition).toBe("starting");
    expect(rig.until(50).frame("report").condition).toBe("working");
  });

  it("is silent after the time without a frame, and is started anew a second later", () => {
    const rig = new Rig(radar).frame("ack on").until(500).frame("report");
    expect(rig.until(2499).condition).toBe("working");
    expect(rig.until(2500).condition).toBe("silent");
    expect(rig.until(3500).story).toEqual(["0 on", "3500 on"]);
    expect(rig.frame("ack on").condition).toBe("starting");
    expect(rig.frame("report").condition).toBe("working");
    expect(rig.state.tallies.restarts).toBe(1);
  });

  it("is silent where no frame ever comes, started anew at growing intervals", () => {
    const rig = new Rig({ ...radar, init: [step("on", { expect: null })] }).until(4000);
    expect(rig.condition).toBe("silent");
    rig.until(20_000);
    expect(rig.story).toEqual(["0 on", "3000 on", "7000 on", "13000 on"]);
    expect(rig.condition).toBe("silent");
  });

  it("stays silent while it says nothing to its init, and refuses when it says something else", () => {
    const rig = new Rig(radar).frame("ack on").frame("report").until(4000);
    expect(rig.condition).toBe("silent");
    rig.until(5600).text("?");
    expect(rig.until(9299).condition).toBe("silent");
    expect(rig.until(9300).condition).toBe("refused");
  });

  it("is started after the shortest wait when its frames come back during a long one", () => {
    const rig = new Rig({ ...radar, init: [step("on", { expect: null })] }).until(9500).frame("report");
    expect(rig.story).toEqual(["0 on", "3000 on", "7000 on"]);
    expect(rig.until(10_000).story.at(-1)).toBe("10000 on");
    const soon = new Rig(radar).frame("ack on").until(2100).frame("report");
    expect(soon.until(2999).sent).toHaveLength(1);
    expect(soon.until(3000).sent).toHaveLength(2);
  });

  it("is not started earlier for its frames when it was its answers that were wrong", () => {
    const rig = new Rig({ ...radar, init: [step("on", { retries: 0 })] }).until(5000).frame("report");
    expect(rig.condition).toBe("refused");
    expect(rig.until(60_000).sent.map(({ atMs }) => atMs)).toEqual([0, 1100, 3200, 7300, 15_400, 31_500]);
  });

  it("does not live by the echo of a poll on a bus", () => {
    const rig = new Rig({ ...radar, init: [], bus: "rs485", polls: [poll("a")] });
    for (let at = 0; at < 2000; at += 1000) rig.until(at).frame("a?");
    expect(rig.until(2000).condition).toBe("silent");
  });

  it("is silent on a heartbeat that stays away", () => {
    const rig = new Rig({ ...radar, liveness: { kind: "heartbeat", silentAfterMs: 90_000 } }).frame("ack on");
    rig.until(60_000).frame("beat");
    expect(rig.until(149_999).condition).toBe("working");
    expect(rig.until(150_000).condition).toBe("silent");
  });

  it("keeps its life when a frame comes after the time but before anybody noticed", () => {
    const rig = new Rig(radar).frame("ack on").frame("report");
    rig.nowMs = 2500;
    expect(rig.frame("report").condition).toBe("working");
    expect(dueMs(rig.state)).toBe(4500);
  });
});

describe("a device that is polled", () => {
  it("works from its first answer", () => {
    const rig = new Rig(counter).until(40).frame("other");
    expect(rig.condition).toBe("starting");
    expect(rig.frame("a=1").condition).toBe("working");
  });

  it("is silent after three polls in a row without an answer, and asked again on its grid", () => {
    const rig = new Rig(counter).frame("a=1").until(3099);
    expect(rig.condition).toBe("working");
    expect(rig.until(3100).condition).toBe("silent");
    expect(rig.until(6000).sent.map(({ atMs }) => atMs)).toEqual([0, 1000, 2000, 3000, 4100, 5000, 6000]);
    expect(rig.frame("a=1").condition).toBe("working");
  });

  it("is not silent where an answer came in between", () => {
    const rig = new Rig(counter).frame("a=1").until(3050).frame("a=2").until(5500);
    expect(rig.condition).toBe("working");
    expect(rig.until(6100).condition).toBe("silent");
  });

  it("is silent after as many polls as the script says", () => {
    const once = new Rig({ ...counter, liveness: { ...polled, missedPolls: 1 } }).frame("a=1");
    expect(once.until(1100).condition).toBe("silent");
  });

  it("is silent after the time without an answer, when a poll was missed", () => {
    const rig = new Rig({ ...counter, liveness: { kind: "poll", silentAfterMs: 1500 } }).frame("a=1");
    expect(rig.until(1499).condition).toBe("working");
    expect(rig.until(1500).condition).toBe("silent");
  });

  it("is never silent while it answers, however long its grid is", () => {
    const slow = {
      init: [],
      polls: [poll("a", { everyMs: 60_000 })],
      liveness: { kind: "poll", silentAfterMs: 1000 } as const,
    };
    const rig = new Rig(slow).frame("a=1");
    expect(rig.until(59_999).condition).toBe("working");
  });

  it("refuses, and is not silent, where it answers with exceptions", () => {
    const modbus = { kind: "modbus", unit: 1, fc: 3, bytes: 9 } as const;
    const rig = new Rig({ ...counter, polls: [poll("a", { expect: modbus })] });
    for (const at of [10, 1010, 2010]) rig.until(at).frame(hex("01 83 02 C0F1"), "modbus exception");
    expect(rig.condition).toBe("refused");
    const busy = new Rig({ ...counter, polls: [poll("a", { expect: modbus, retries: 0 })] });
    for (const at of [10, 1010, 2010]) busy.until(at).frame(hex("01 83 06 C132"), "modbus exception");
    expect(busy.until(2100).condition).toBe("refused");
  });

  it("is not judged by its polls where it lives by frames, nor at all where nothing is watched", () => {
    const polls = [poll("a")];
    const rig = new Rig({ init: [], polls, liveness: { kind: "frames", silentAfterMs: 5000 } }).frame(
      "report",
    );
    expect(rig.until(4999).condition).toBe("working");
    const unwatched = new Rig({ init: [], polls, liveness: { kind: "none" } });
    expect(unwatched.until(3_600_000).condition).toBe("working");
    expect(dueMs(unwatched.state)).not.toBeNull();
  });

  it("is believed where there is nothing to ask", () => {
    expect(new Rig({ ...counter, polls: [] }).condition).toBe("working");
  });
});
