import { describe, expect, it } from "vitest";
import { awaited, dueMs } from "../../../src/sense/sensor/dialogue/dialogue.ts";
import { writeAnswer, writeSingle } from "../../../src/sense/sensor/dialogue/modbus.ts";
import { Rig, step, unwatched } from "./rig.ts";

const init = (...steps: ReturnType<typeof step>[]) => ({ init: steps, polls: [], liveness: unwatched });

describe("the init of a device", () => {
  it("sends each step when the one before was answered, and works then", () => {
    const rig = new Rig(init(step("a"), step("b")));
    expect(rig.texts).toEqual(["a"]);
    rig.until(40).frame("ack a");
    expect(rig.story).toEqual(["0 a", "40 b"]);
    expect(rig.condition).toBe("starting");
    rig.until(70).frame("ack b");
    expect(rig.condition).toBe("working");
    expect(dueMs(rig.state)).toBeNull();
  });

  it("works at once without any step, poll or watch", () => {
    expect(new Rig(init()).condition).toBe("working");
  });

  it("takes no frame for the answer that begins otherwise, has another name or came on another port", () => {
    const named = step("a", { expect: { kind: "frame", frame: "ack", starts: Buffer.from("ack a") } });
    const rig = new Rig(init(named))
      .frame("ack b", "ack")
      .frame("ack a", "report")
      .frame("ack a", "ack", "command");
    expect(rig.condition).toBe("starting");
    expect(rig.frame("ack a!", "ack").condition).toBe("working");
  });

  it("sends again after a time-out, as often as the step says, and not once more", () => {
    const rig = new Rig(init(step("a", { retries: 2 }))).until(999);
    expect(rig.story).toEqual(["0 a", "100 a", "200 a"]);
    expect(rig.condition).toBe("refused");
    expect(rig.state.tallies.timeouts).toBe(3);
  });

  it("takes an answer that comes after its time but before anybody noticed", () => {
    const rig = new Rig(init(step("a", { retries: 0 })));
    rig.nowMs = 150;
    expect(rig.frame("ack a").condition).toBe("working");
  });

  it("leaves the gap of a step between its answer and the next step", () => {
    const rig = new Rig(init(step("a", { gapMs: 30 }), step("b"))).until(10).frame("ack a").until(200);
    expect(rig.story[1]).toBe("40 b");
  });

  it("goes on at once, but for the gap, after a step that expects nothing", () => {
    const rig = new Rig(init(step("a", { expect: null, gapMs: 250 }), step("b"))).until(300);
    expect(rig.story).toEqual(["0 a", "250 b"]);
  });

  it("runs only the steps that run always after a failure, and backs off then", () => {
    const steps = [step("enter", { retries: 0 }), step("set"), step("leave", { always: true }), step("more")];
    const rig = new Rig(init(...steps)).until(110);
    expect(rig.story).toEqual(["0 enter", "100 leave"]);
    expect(rig.condition).toBe("starting");
    rig.frame("ack leave");
    expect(rig.condition).toBe("refused");
    expect(rig.until(1109).texts).toEqual(["enter", "leave"]);
    expect(rig.until(1110).texts).toEqual(["enter", "leave", "enter"]);
  });

  it("leaves the configuration mode even where that, too, is not answered", () => {
    const always = { always: true, retries: 0 };
    const rig = new Rig(init(step("a", { retries: 0 }), step("b", always), step("c", always))).until(500);
    expect(rig.texts).toEqual(["a", "b", "c"]);
    expect(rig.condition).toBe("refused");
  });

  it("counts the failure of a step that runs always as a failure", () => {
    const rig = new Rig(init(step("a", { always: true, retries: 0 }), step("b"))).until(500);
    expect(rig.texts).toEqual(["a"]);
    expect(rig.condition).toBe("refused");
  });

  it("backs off for 1, 2, 4 and so on to 60 seconds", () => {
    const rig = new Rig(init(step("a", { retries: 0 }))).until(400_000);
    const at = rig.sent.map(({ atMs }) => atMs);
    const waits = at.slice(1).map((ms, index) => ms - (at[index] ?? 0) - 100);
    expect(waits.slice(0, 9)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  });

  it("begins with the shortest wait again once the device has worked", () => {
    const frames = { kind: "frames", silentAfterMs: 500 } as const;
    const rig = new Rig({ ...init(step("a", { retries: 0 })), liveness: frames })
      .until(15_450)
      .frame("ack a");
    expect(rig.frame("report").condition).toBe("working");
    expect(rig.until(15_950).condition).toBe("silent");
    expect(rig.until(16_950).sent.at(-1)?.atMs).toBe(16_950);
  });

  it("keeps the gap of its last step, too, before it is run again", () => {
    const rig = new Rig(init(step("a", { retries: 0, gapMs: 5000 }))).until(5100);
    expect(rig.story).toEqual(["0 a", "5100 a"]);
  });

  it("starts from nothing when the lines are opened again", () => {
    const rig = new Rig(init(step("a", { retries: 0 }))).until(10_000).take({ type: "opened" });
    expect(rig.condition).toBe("starting");
    expect(rig.state.tallies.timeouts).toBe(0);
    expect(rig.until(11_100).story.slice(-2)).toEqual(["10000 a", "11100 a"]);
  });

  it("takes the answer to a Modbus write on a bus, though it looks like the echo", () => {
    const send = writeSingle(1, 6, 0x55, 0);
    const write = step("", { send, expect: writeAnswer(1, 6, 0x55, 0) });
    expect(new Rig({ ...init(write), bus: "rs485" }).frame(send).condition).toBe("working");
  });

  it("takes a late answer to an attempt before for the answer, but lets the one still owed pass before a step that it fits", () => {
    const any = { expect: { kind: "text", any: ["Done"] } } as const;
    const rig = new Rig(init(step("a", any), step("b", any))).until(120).text("Done");
    expect(rig.story).toEqual(["0 a", "100 a"]);
    rig.until(220).text("Done");
    expect(rig.until(299).texts).toEqual(["a", "a"]);
    expect(rig.until(300).story).toEqual(["0 a", "100 a", "300 b"]);
    expect(rig.text("Done").condition).toBe("working");
  });

  it("lets the answer pass that a failed step is still owed, before a step that runs always and fits it", () => {
    const any = { expect: { kind: "text", any: ["Done"] }, retries: 0 } as const;
    const rig = new Rig(init(step("a", any), step("b", { ...any, always: true }))).until(150).text("Done");
    expect(rig.until(300).story.slice(0, 2)).toEqual(["0 a", "200 b"]);
  });

  it("does not wait for an owed answer that the next step cannot mistake", () => {
    const rig = new Rig(init(step("a"), step("b"))).until(120).frame("ack a");
    expect(rig.story).toEqual(["0 a", "100 a", "120 b"]);
  });

  it("judges JSON answers by pointers, and nothing that is not JSON", () => {
    const json = { "/name": "TSCORE", "/code": 0, "/data/a~1b/1": null };
    const rig = new Rig(init(step("a", { expect: { kind: "frame", json, has: ["/data"] } })));
    for (const wrong of [
      "",
      "{",
      "[]",
      "null",
      '{"name":"TSCORE","code":"0"}',
      '{"name":"TSCORE","code":0,"data":{}}',
    ])
      expect(rig.frame(wrong).condition).toBe("starting");
    expect(rig.frame('{"name":"TSCORE","code":0,"data":{"a/b":[1,null]}}').condition).toBe("working");
  });

  it("finds nothing at a pointer that only what an object inherits would fulfil", () => {
    const rig = new Rig(init(step("a", { expect: { kind: "frame", has: ["/toString"] } })));
    expect(rig.frame("{}").condition).toBe("starting");
  });

  it("takes an answer that is the same as the command, unless it may be the echo of a bus", () => {
    const same = step("a", { expect: { kind: "frame", starts: Buffer.from("a") } });
    expect(new Rig(init(same)).frame("a").condition).toBe("working");
    const bus = new Rig({ ...init(same), bus: "rs485" }).frame("a");
    expect(bus.condition).toBe("starting");
    expect(bus.state.tallies.echoes).toBe(1);
    expect(bus.frame("a!").condition).toBe("working");
  });

  it("tells what is awaited", () => {
    const rig = new Rig(init(step("a"), step("b")));
    expect(awaited(rig.state)).toMatchObject({
      port: "main",
      expect: { kind: "frame" },
      exchange: { sends: 1 },
    });
    rig.frame("ack a").frame("ack b");
    expect(awaited(rig.state)).toBeNull();
  });

  it("does nothing before the lines are open", () => {
    const rig = new Rig(init(step("a")));
    const closed = { ...rig.state, phase: { at: "closed" } as const };
    expect(dueMs(closed)).toBeNull();
    rig.state = closed;
    rig.frame("ack a").text("x").take({ type: "tick" });
    expect(rig.texts).toEqual(["a"]);
    expect(rig.condition).toBe("starting");
  });
});
