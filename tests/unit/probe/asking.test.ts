import { describe, expect, it } from "vitest";
import { Asking } from "../../../src/probe/asking.ts";
import { judgeAnswers } from "../../../src/probe/judge.ts";
import { probingSettings } from "../../../src/probe/settings.ts";
import { checkValue } from "../../../src/sense/sensor/frames/checks.ts";
import { type Device, deviceProfile, text } from "../../kit/devices.ts";

/** All questions to a device that answers after 10 ms; time is virtual. */
function ask(id: string, device: Device) {
  const profile = deviceProfile(id);
  const asking = new Asking(profile, probingSettings(profile));
  const due: { atMs: number; bytes: Uint8Array }[] = [];
  let nowMs = 1000;
  const send = (outgoing: ReturnType<Asking["opened"]>) => {
    for (const { bytes } of outgoing) {
      const answer = device(bytes, nowMs);
      if (answer) due.push({ atMs: nowMs + 10, bytes: answer });
    }
  };
  send(asking.opened(nowMs));
  for (let at = asking.dueMs; at !== null && nowMs < 60_000; at = asking.dueMs) {
    const next = due.shift();
    nowMs = Math.max(nowMs, Math.min(at, next?.atMs ?? at));
    if (next && next.atMs <= at) send(asking.bytes(next.bytes, nowMs));
    else {
      if (next) due.unshift(next);
      send(asking.tick(nowMs));
    }
  }
  return { answers: asking.answers, dueMs: asking.dueMs };
}

const fitOf = (id: string, device: Device) => judgeAnswers(ask(id, device).answers, false).fit;

function modbus(heard: Uint8Array, body: readonly number[]): Uint8Array {
  const crc = checkValue("crc16-modbus", Uint8Array.from(body));
  return Uint8Array.from([...heard, ...body, crc & 0xff, crc >> 8]);
}

const said = (heard: Uint8Array) => Buffer.from(heard).toString("latin1");

describe("asking", () => {
  it("counts each answer once, also behind the echo of an adapter", () => {
    const { answers, dueMs } = ask("ebyte-e8xx-pulse", (heard) => modbus(heard, [1, 3, 4, 0, 47, 0, 43]));
    expect(answers).toEqual({ asked: 3, answers: 3, timeouts: 0, refusals: 0, proofBits: 120 });
    expect(dueMs).toBeNull();
  });

  it("tells silence from a refusal", () => {
    expect(ask("ebyte-e8xx-pulse", () => undefined).answers).toMatchObject({ answers: 0, timeouts: 3 });
    const refusing: Device = () => modbus(new Uint8Array(), [1, 0x83, 2]);
    expect(ask("ebyte-e8xx-pulse", refusing).answers).toMatchObject({ answers: 0, refusals: 3 });
  });

  it("takes no echo, no noise and no answer of another device for its own", () => {
    for (const id of ["ebyte-e8xx-pulse", "icpdas-dcon-counter", "omnipresense-ops243", "sscma-camera"]) {
      expect(
        fitOf(id, (heard) => heard),
        `${id} with TX on RX`,
      ).toBe("no");
      expect(
        fitOf(id, () => text('{"speed":1.2}\r\n$DFDMD,1, , , *\r\n')),
        id,
      ).toBe("no");
    }
  });

  it("knows the devices that only answer", () => {
    const ops: Device = (heard) =>
      text(said(heard) === "?P" ? '{"Product":"OPS243"}\r\n' : '{"DetectedObjectCount":47}\r\n');
    const sscma: Device = () => text('\r{"type": 0, "name": "VER?", "code": 0, "data": {"software": "x"}}\n');
    const dcon: Device = () => text(">0000001E\r");
    expect(fitOf("omnipresense-ops243", ops)).toBe("fits");
    expect(fitOf("sscma-camera", sscma)).toBe("fits");
    expect(fitOf("icpdas-dcon-counter", dcon)).toBe("fits");
  });

  it("is not sure of a device that answers only now and then", () => {
    let times = 0;
    const lazy: Device = (heard) => (times++ === 1 ? modbus(heard, [1, 3, 4, 0, 1, 0, 2]) : undefined);
    expect(fitOf("ebyte-e8xx-pulse", lazy)).toBe("maybe");
  });
});
