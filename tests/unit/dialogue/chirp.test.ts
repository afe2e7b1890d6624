import { describe, expect, it } from "vitest";
import { chirpProblem, chirpSteps } from "../../../src/sense/sensor/dialogue/chirp.ts";
import { Rig, unwatched } from "./rig.ts";

const CFG = "% people counting\r\nsensorStop\r\n\r\nflushCfg\r\n  % zones\nsensorStart";
const options = { port: "command", timeoutMs: 500, gapMs: 30, retries: 0 } as const;
const script = (text = CFG) => ({ init: chirpSteps(text, options), polls: [], liveness: unwatched });
/** As the command line of the device answers: the echo, what it says, and its prompt. */
const said = (line: string, words: string) => `${line}\n${words}\n\rmmwDemo:/>`;

describe("a chirp file", () => {
  it("is sent line by line without comments, each 30 ms after the answer to the one before", () => {
    const rig = new Rig(script());
    rig.until(10).text(said("sensorStop", "Ignored: Sensor is already stopped\nDone"), "command");
    rig.until(60).text(said("flushCfg", "Done"), "command").until(100).text("sensorStart\nDone", "command");
    expect(rig.sent).toEqual([
      { atMs: 0, port: "command", text: "sensorStop\n" },
      { atMs: 40, port: "command", text: "flushCfg\n" },
      { atMs: 90, port: "command", text: "sensorStart\n" },
    ]);
    expect(rig.condition).toBe("working");
  });

  it("takes Done without an echo, and a prompt behind the echo", () => {
    expect(new Rig(script("sensorStop")).text("Done\n", "command").condition).toBe("working");
    expect(new Rig(script("sensorStop")).text("sensorStop\n\nmmwDemo:/>", "command").condition).toBe(
      "working",
    );
  });

  it("does not take the prompt of the line before for an answer", () => {
    const rig = new Rig(script())
      .text("sensorStop\nDone\n", "command")
      .until(40)
      .text("\rmmwDemo:/>", "command");
    expect(rig.until(45).texts).toEqual(["sensorStop\n", "flushCfg\n"]);
    rig.text(said("flushCfg", "Done"), "command");
    expect(rig.until(80).texts.at(-1)).toBe("sensorStart\n");
  });

  it("does not take a prompt before the echo for an answer, nor forget the echo behind much talk", () => {
    const rig = new Rig(script("flushCfg")).text("\rmmwDemo:/>flushCfg\n", "command");
    expect(rig.condition).toBe("starting");
    for (const character of `${"x".repeat(99)}mmwDemo:/>`) rig.text(character, "command");
    expect(rig.condition).toBe("working");
  });

  it("is refused at once by an error or a command that the device does not know, and sent anew from its start", () => {
    for (const words of ["Error -1", "'flushCfg' is not recognized as a CLI command"]) {
      const rig = new Rig(script()).text(said("sensorStop", "Done"), "command").until(30);
      rig.text(said("flushCfg", words), "command");
      expect(rig.condition).toBe("refused");
      expect(rig.until(2000).story).toEqual(["0 sensorStop", "30 flushCfg", "1030 sensorStop"]);
    }
  });

  it("means the same however its answers are cut", () => {
    const answer = `junk${said("flushCfg", "Error 12")}`;
    for (let cut = 0; cut <= answer.length; cut++) {
      const rig = new Rig(script("flushCfg")).text(answer.slice(0, cut), "command");
      expect(rig.text(answer.slice(cut), "command").condition).toBe("refused");
    }
    for (const [words, condition] of [
      ["Done", "working"],
      ["not recognized", "refused"],
    ] as const) {
      const single = new Rig(script("flushCfg"));
      for (const character of said("flushCfg", words).slice(0, -3)) single.text(character, "command");
      expect(single.condition).toBe(condition);
    }
  });

  it("holds a few characters of what the device says, however long it talks", () => {
    const rig = new Rig(script()).text("x".repeat(70_000), "command");
    for (let index = 0; index < 100; index++) rig.text("sensor", "command");
    expect(JSON.stringify(rig.state.phase).length).toBeLessThan(300);
  });

  it("is judged before it is sent", () => {
    expect(chirpProblem(CFG)).toBeNull();
    expect(chirpProblem("% é in a comment\nsensorStop")).toBeNull();
    expect(chirpProblem("% nothing\n\n")).toBe("holds no command");
    expect(chirpProblem("sensorStop\nframeCfg é")).toBe("line 2 holds a character that is not ASCII");
    expect(chirpProblem(`\n${"x".repeat(255)}`)).toBe("line 2 is longer than 254 characters");
    expect(chirpProblem("x\n".repeat(501))).toBe("holds more than 500 commands");
  });

  it("may begin with a byte order mark", () => {
    expect(new Rig(script("\uFEFFsensorStop")).texts).toEqual(["sensorStop\n"]);
  });
});
