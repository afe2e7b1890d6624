import { describe, expect, it } from "vitest";
import { dueMs } from "../../../src/sense/sensor/dialogue/dialogue.ts";
import { modbusAwaited, readAnswer, readRequest } from "../../../src/sense/sensor/dialogue/modbus.ts";
import { awaited } from "../../../src/sense/sensor/dialogue/state.ts";
import { hex, poll, Rig, step, unwatched } from "./rig.ts";

const script = (...polls: ReturnType<typeof poll>[]) => ({ init: [], polls, liveness: unwatched });
const read = (addr: number, qty: number) => ({
  send: readRequest(1, 3, addr, qty),
  expect: readAnswer(1, 3, qty),
});
const ANSWER = hex("01 03 04 0010 0003 BBF7");

describe("polls", () => {
  it("begin at once and stay on their grid, however late the answers are", () => {
    const rig = new Rig(script(poll("a")), 5);
    for (const at of [30, 1090, 2005]) rig.until(at).frame("a=1");
    expect(rig.until(3005).sent.map(({ atMs }) => atMs)).toEqual([5, 1005, 2005, 3005]);
    expect(rig.answers).toEqual(["a", "a", "a"]);
  });

  it("begin after the init and the gap of its last step", () => {
    const rig = new Rig({ ...script(poll("a")), init: [step("on", { gapMs: 50 })] })
      .until(20)
      .frame("ack on");
    expect(rig.until(500).story[1]).toBe("70 a?");
  });

  it("go one at a time, the one that has been due for longest first, with the gap of the line between them", () => {
    const rig = new Rig({ ...script(poll("a"), poll("b"), poll("c")), gapMs: 4 });
    rig.until(10).frame("a=1").until(20).frame("b=1").until(30).frame("c=1");
    expect(rig.story).toEqual(["0 a?", "14 b?", "24 c?"]);
  });

  it("let the one that waited longer go first when the line is free again", () => {
    const quick = poll("a", { everyMs: 100 });
    const rig = new Rig(script(quick, poll("b", { everyMs: 90 }))).frame("a=1").frame("b=1").until(95);
    rig.until(140).frame("b=2");
    expect(rig.story).toEqual(["0 a?", "0 b?", "90 b?", "140 a?"]);
    rig.until(215).frame("a=2");
    expect(rig.story.slice(4)).toEqual(["215 b?"]);
  });

  it("count an answer that was late to be read, though its raw bytes are told first", () => {
    const rig = new Rig(script(poll("a")));
    rig.nowMs = 150;
    expect(rig.text("a=1").frame("a=1").answers).toEqual(["a"]);
    expect(rig.sent).toHaveLength(1);
  });

  it("are answered on their own port only", () => {
    expect(new Rig(script(poll("a"))).frame("a=1", "frame", "command").answers).toEqual([]);
  });

  it("come late, but once, where the line was busy or the tick was late: never in a burst", () => {
    const rig = new Rig(script(poll("a", { everyMs: 10 }))).until(95).frame("a=1").until(100).frame("a=2");
    expect(rig.until(109).story).toEqual(["0 a?", "95 a?", "100 a?"]);
    const late = new Rig(script(poll("a"))).frame("a=1");
    late.nowMs = 7300;
    late.take({ type: "tick" }).frame("a=2").take({ type: "tick" });
    expect(late.until(8000).sent.map(({ atMs }) => atMs)).toEqual([0, 7300, 8000]);
  });

  it("are asked again after a time-out, then left until their next place", () => {
    const rig = new Rig(script(poll("a"))).until(1000);
    expect(rig.story).toEqual(["0 a?", "100 a?", "1000 a?"]);
    expect(rig.state.tallies.timeouts).toBe(2);
  });

  it("let other frames pass without taking them for the answer", () => {
    const rig = new Rig(script(poll("a", { expect: { kind: "frame", has: ["/DetectedObjectCount"] } })));
    rig.frame('{"speed":0.58}').frame("rubbish");
    expect(rig.answers).toEqual([]);
    expect(rig.frame('{"DetectedObjectCount":3}').answers).toEqual(["a"]);
  });

  it("drop an answer that nobody is waiting for, and count it", () => {
    const rig = new Rig(script(poll("a", { retries: 0 }))).until(150).frame("a=1");
    expect(rig.answers).toEqual([]);
    expect(rig.state.tallies.late).toBe(1);
  });

  it("drop a late answer of another length that comes during the next poll", () => {
    const slow = { retries: 0, everyMs: 10_000 };
    const rig = new Rig(
      script(poll("one", { ...read(0, 2), ...slow }), poll("two", { ...read(8, 1), ...slow })),
    );
    rig.until(110).frame(ANSWER, "modbus");
    expect(rig.answers).toEqual([]);
    expect(rig.state.tallies.late).toBe(1);
    expect(rig.frame(hex("01 03 02 0007 F846"), "modbus").answers).toEqual(["two"]);
  });

  it("wait for a late answer that the next poll would take for its own, and no longer than it may come", () => {
    const slow = { retries: 0, everyMs: 10_000 };
    const rig = new Rig(
      script(poll("one", { ...read(0, 2), ...slow }), poll("two", { ...read(8, 2), ...slow })),
    );
    rig.until(150).frame(ANSWER, "modbus");
    expect(rig.until(199).sent).toHaveLength(1);
    expect(rig.until(200).sent).toHaveLength(2);
    expect(rig.answers).toEqual([]);
    expect(rig.frame(ANSWER, "modbus").answers).toEqual(["two"]);
  });

  it("wait, too, after a second attempt was answered by the answer to the first", () => {
    const often = { everyMs: 10_000 };
    const rig = new Rig(
      script(poll("one", { ...read(0, 2), ...often }), poll("two", { ...read(8, 2), ...often })),
    );
    rig.until(110).frame(ANSWER, "modbus").until(210).frame(ANSWER, "modbus");
    expect(rig.answers).toEqual(["one"]);
    expect(rig.until(300).sent.map(({ atMs }) => atMs)).toEqual([0, 100, 300]);
  });

  it("do not wait where the first attempt was answered", () => {
    const rig = new Rig(script(poll("one", read(0, 2)), poll("two", read(8, 2))))
      .until(30)
      .frame(ANSWER, "modbus");
    expect(rig.sent.map(({ atMs }) => atMs)).toEqual([0, 30]);
  });

  it("never take an answer of another unit or function, or with a byte count that does not fit", () => {
    const rig = new Rig(script(poll("one", read(0, 2))));
    for (const wrong of [
      "02 03 04 0010 0003 0000",
      "01 04 04 0010 0003 0000",
      "01 03 02 0010 0003 0000",
      "01 03 04 0010 0000",
    ])
      rig.frame(hex(wrong), "modbus");
    expect(rig.answers).toEqual([]);
  });

  it("end at a Modbus exception, and are not asked again before their next place", () => {
    const rig = new Rig(script(poll("one", read(0, 2))))
      .until(20)
      .frame(hex("01 83 02 C0F1"), "modbus exception");
    expect(rig.until(999).sent).toHaveLength(1);
    expect(rig.state.tallies).toMatchObject({ exceptions: 1, timeouts: 0 });
    expect(rig.until(1000).sent).toHaveLength(2);
  });

  it("are asked again, at the pace of a time-out, where the device says that it is busy", () => {
    const rig = new Rig(script(poll("one", read(0, 2))))
      .until(20)
      .frame(hex("01 83 06 C132"), "modbus exception");
    expect(rig.until(999).sent.map(({ atMs }) => atMs)).toEqual([0, 100]);
    expect(rig.state.tallies).toMatchObject({ exceptions: 1, timeouts: 1 });
  });

  it("put their own echo on a bus aside", () => {
    const one = poll("one", read(0, 2));
    const rig = new Rig({ ...script(one), bus: "rs485" }).frame(one.send, "modbus").frame(ANSWER, "modbus");
    expect(rig.answers).toEqual(["one"]);
    expect(rig.state.tallies.echoes).toBe(1);
  });

  it("tell the framer which answer is awaited, for as long as it is", () => {
    const rig = new Rig(script(poll("one", read(0, 2))));
    expect(modbusAwaited(awaited(rig.state))).toEqual({
      unit: 1,
      fc: 3,
      bytes: 9,
      request: readRequest(1, 3, 0, 2),
    });
    rig.frame(ANSWER, "modbus");
    expect(modbusAwaited(awaited(rig.state))).toBeNull();
  });

  it("always leave something due", () => {
    const rig = new Rig(script(poll("a")));
    expect(dueMs(rig.state)).toBe(100);
    expect(dueMs(rig.frame("a=1").state)).toBe(1000);
  });
});
