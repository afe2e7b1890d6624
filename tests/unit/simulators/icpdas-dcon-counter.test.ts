import { describe, expect, it } from "vitest";
import { profileEngine } from "../../../src/sense/sensor/profile/engine.ts";
import { powered } from "../../../src/simulators/catalog.ts";
import { dconCounter } from "../../../src/simulators/icpdas-dcon-counter.ts";
import { countUntil, passagesOf } from "../../../src/simulators/scene.ts";
import { deviceProfile, settingsOf, text } from "../../kit/devices.ts";
import { Meeting } from "../../kit/meeting.ts";
import { crowd, walks } from "../../kit/scenes.ts";

const thirtyIn = Array.from({ length: 30 }, () => walks("in", 900));

/** What the module says to some text, all at once. */
const asks = (device: ReturnType<ReturnType<typeof powered>>, atMs: number) => (command: string) =>
  device
    .hear({ port: "main", bytes: text(command) }, atMs)
    .map(({ bytes }) => Buffer.from(bytes).toString("latin1"))
    .join("");

describe("a simulated I-7080", () => {
  it("answers the worked command of the manual with its worked answer, also in pieces", () => {
    const ask = asks(powered(dconCounter())(thirtyIn, 0), 1000);
    expect(ask("#010\r")).toBe(">0000001E\r");
    expect([..."#010\r"].map(ask).join("")).toBe(">0000001E\r");
    expect(ask("#011\r#010\r")).toBe(">00000000\r>0000001E\r");
  });

  it("says that it does not understand, and nothing to others", () => {
    const ask = asks(powered(dconCounter())(thirtyIn, 0), 1000);
    expect(ask("#012\r")).toBe("?01\r");
    expect(ask("$01M\r")).toBe("?01\r");
    expect(ask("#020\r")).toBe("");
    expect(ask("rubbish\r")).toBe("");
  });

  it("wants a check sum when it is set to, and gives one", () => {
    const ask = asks(powered(dconCounter({ checksum: true }))(thirtyIn, 0), 1000);
    expect(ask("#010B4\r")).toBe(">0000001ED4\r");
    expect(ask("#010B5\r")).toBe("");
    expect(ask("#010\r")).toBe("");
  });

  it("goes to zero without power, and by its command", () => {
    const device = powered(dconCounter())([...thirtyIn, walks("out", 900)], 0);
    const ask = asks(device, 1000);
    expect(ask("$0160\r")).toBe("!01\r");
    expect(ask("#010\r#011\r")).toBe(">00000000\r>00000001\r");
    device.reboot(1000);
    expect(ask("#011\r")).toBe(">00000000\r");
  });
});

for (const checksum of [false, true]) {
  describe(`an I-7080 ${checksum ? "with" : "without"} check sums and its engine`, () => {
    const profile = deviceProfile("icpdas-dcon-counter");
    const settings = { unit: 0x2a, checksum };
    const scene = crowd(40, 1500, 700);
    const passages = passagesOf(scene, 2);
    const talking = () =>
      new Meeting(
        profileEngine(profile, settingsOf(profile, settings)),
        powered(dconCounter(settings))(scene, 0),
      );
    /** The last total of each counter. */
    const totals = ({ readings }: Meeting) =>
      Object.assign({}, ...readings.filter(({ type }) => type === "totals"));

    it("agree on every passage, also when answers go missing", () => {
      const talk = talking();
      let answers = 0;
      talk.lost = () => answers++ % 3 !== 2;
      talk.run(41_000);
      expect(talk.readings.length).toBeGreaterThan(10);
      expect(totals(talk)).toEqual({ type: "totals", ...countUntil(passages, 40_000) });
    });

    it("go on from zero after a power cut", () => {
      const talk = talking().run(12_000).reboot().run(41_000);
      const [before, after] = [countUntil(passages, 12_000), countUntil(passages, 41_000)];
      expect(totals(talk)).toEqual({ type: "totals", in: after.in - before.in, out: after.out - before.out });
    });
  });
}
