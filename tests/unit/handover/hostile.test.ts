import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { encodeFrame } from "../../../src/handover/frames.ts";
import { aWhile } from "../../kit/until.ts";
import { count, EPOCH, FORWARD_HELLO, HandoverRig, RawPeer, SENSE_HELLO, unkeptOf } from "./rig.ts";

let rig: HandoverRig;
beforeEach(() => {
  rig = new HandoverRig();
});
afterEach(() => rig.dispose());

const say = (socket: Socket, ...messages: unknown[]) => {
  for (const message of messages) socket.write(encodeFrame(message));
};
const hugeHeader = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
const kept = (seq: number) => ({ type: "kept", epoch: EPOCH, seq });

/** What a peer may send after a good hello, and the detail of its refusal. */
const rubbish: [string, (socket: Socket, hello: unknown) => void][] = [
  ["garbage", (socket) => socket.write("GET / HTTP/1.1\r\n\r\n")],
  ["a huge frame", (socket) => socket.write(hugeHeader)],
  ["a second hello", (socket, hello) => say(socket, hello)],
  ["a message of nobody", (socket) => say(socket, { type: "shutdown" })],
];

describe("a hostile forward", () => {
  const worse: typeof rubbish = [
    ...rubbish,
    ["kept for what was never offered", (socket) => say(socket, kept(99))],
    [
      "refused for what was never offered",
      (socket) =>
        say(socket, { ...kept(0), type: "refused", why: "window_not_later", epoch: "0".repeat(16) }),
    ],
    [
      "event_kept for what was never offered",
      (socket) => say(socket, { type: "event_kept", epoch: EPOCH, number: 0 }),
    ],
    ["an answer given twice", (socket) => say(socket, kept(0), kept(0))],
  ];

  it.each(worse)("costs only the connection and comes slower and slower: %s", async (_, send) => {
    rig.sense.seal(40);
    let connections = 0;
    await rig.serve((socket) => {
      connections += 1;
      socket.once("data", () => {
        say(socket, FORWARD_HELLO);
        send(socket, FORWARD_HELLO);
      });
    });
    const sense = rig.startSense();
    await rig.until(() => rig.clock.monotonic() > 120_000, "two minutes pass", 500);
    expect(connections).toBeGreaterThan(5);
    expect(connections).toBeLessThan(35);
    expect(count(rig.senseLog, "handover.hostile")).toBe(1);
    // What is answered for may be dropped, nothing else.
    expect(rig.sense.waiting.length).toBeGreaterThanOrEqual(40 - connections);
    expect(sense.connected).toBe(false);
  });

  it("cannot hurry sense by hanging up after every hello", async () => {
    let connections = 0;
    await rig.serve((socket) => {
      connections += 1;
      socket.once("data", () => socket.end(encodeFrame(FORWARD_HELLO)));
    });
    rig.startSense();
    await rig.until(() => rig.clock.monotonic() > 120_000, "two minutes pass", 500);
    expect(connections).toBeLessThan(35);
  });

  it("is forgiven once a connection has lasted", async () => {
    await rig.serve((socket, connection) => {
      socket.once("data", () => {
        say(socket, FORWARD_HELLO);
        if (connection < 6) socket.write("rubbish");
      });
    });
    const sense = rig.startSense();
    await rig.until(() => sense.connected, "a good one");
    const since = rig.clock.monotonic();
    await rig.until(() => rig.clock.monotonic() - since > 6_000, "it lasts");
    expect([sense.connected, count(rig.senseLog, "handover.connected")]).toEqual([true, 7]);
  });

  it("may stay silent: nothing is offered before its hello, and nothing is lost", async () => {
    rig.sense.seal(3);
    const peers: RawPeer[] = [];
    await rig.serve((socket) => peers.push(new RawPeer(socket)));
    const sense = rig.startSense();
    await rig.until(() => peers[0]?.heard.length === 1, "the hello comes");
    await rig.until(() => rig.clock.monotonic() > 60_000, "a minute passes", 500);
    expect(peers.flatMap(({ heard }) => heard.map(({ type }) => type))).toEqual(["hello"]);
    expect([sense.connected, rig.sense.waiting.length]).toEqual([false, 3]);
  });

  it("may read nothing: what sense has written for it stays bounded", async () => {
    let peer: Socket | undefined;
    await rig.serve((socket) => {
      peer = socket;
      socket.once("data", () => {
        say(socket, FORWARD_HELLO);
        socket.pause();
      });
    });
    rig.sense.seal(40, 100_000);
    const sense = rig.startSense();
    await rig.until(() => sense.connected, "connected");
    for (let change = 0; change < 20_000; change++) sense.sendSensors();
    await aWhile();
    peer?.resume();
    const heard = new RawPeer(peer as Socket);
    await rig.until(() => heard.heard.length > 30, "it reads after all");
    await aWhile();
    expect(heard.heard.filter(({ type }) => type === "sensors").length).toBeLessThan(10);
    expect(heard.heard.filter(({ type }) => type === "offer").length).toBeLessThanOrEqual(32);
  });

  it("cannot make sense judge key sets at its own pace: the first at once, then the newest each 5 s", async () => {
    await rig.serve((socket) => {
      socket.once("data", () => {
        say(socket, FORWARD_HELLO);
        for (let version = 0; version < 500; version++)
          say(socket, { type: "keys", jws: `key.set.${version}` });
      });
    });
    rig.startSense();
    await rig.until(() => rig.sense.offered.length === 2, "two came", 10);
    expect(rig.sense.offered.map(([jws]) => jws)).toEqual(["key.set.0", "key.set.499"]);
    expect(rig.clock.monotonic()).toBeGreaterThanOrEqual(5_000);
  });

  it("of another major version is told about once, and asked again slowly", async () => {
    let connections = 0;
    await rig.serve((socket) => {
      connections += 1;
      socket.once("data", () => socket.end(encodeFrame({ type: "hello", version: { major: 2, minor: 0 } })));
    });
    rig.sense.seal(1);
    rig.startSense();
    await rig.until(() => rig.clock.monotonic() > 60_000, "a minute passes", 500);
    expect(rig.senseLog).toEqual([["handover.version", "handover.version"]]);
    expect(connections).toBeLessThan(16);
    expect(rig.sense.waiting).toHaveLength(1);
  });
});

describe("a hostile sense", () => {
  it.each(rubbish)("costs only the connection: %s", async (_, send) => {
    await rig.startForward();
    const peer = await rig.dial();
    peer.say(SENSE_HELLO);
    send(peer.socket, SENSE_HELLO);
    await rig.until(() => peer.closed, "hung up");
    expect(rig.forwardLog.at(-1)).toEqual(["handover.hostile", "handover.protocol"]);
    expect(rig.forward.told).toEqual(["hello", "gone"]);
    rig.sense.seal(1);
    rig.startSense();
    await rig.until(() => rig.sense.waiting.length === 0, "the real one is served");
  });

  it("is not heard before its hello", async () => {
    await rig.startForward();
    const peer = await rig.dial();
    peer.say({ type: "offer", ...unkeptOf(0) }, SENSE_HELLO);
    await rig.until(() => peer.closed, "hung up");
    expect([rig.forward.offers, rig.forward.told]).toEqual([0, []]);
  });

  it("that keeps saying the same nonsense is told about once", async () => {
    await rig.startForward();
    for (let turn = 0; turn < 20; turn++) {
      const peer = await rig.dial();
      peer.socket.write("nonsense");
      await rig.until(() => peer.closed, "hung up");
    }
    expect(count(rig.forwardLog, "handover.hostile")).toBe(1);
  });

  it("that floods with offers while nothing can be kept is cut off at 256, and nothing of it is kept", async () => {
    await rig.startForward();
    rig.forward.failing = true;
    const peer = await rig.dial();
    peer.say(SENSE_HELLO);
    for (let seq = 0; seq < 300; seq++) peer.say({ type: "offer", ...unkeptOf(seq) });
    await rig.until(() => peer.closed, "hung up");
    const offers = rig.forward.offers;
    rig.forward.failing = false;
    await rig.until(() => rig.clock.monotonic() > 10_000, "time passes", 500);
    expect([rig.forward.kept, rig.forward.offers]).toEqual([[], offers]);
  });

  it("that reads no answers is hung up on", async () => {
    await rig.startForward();
    const peer = await rig.dial();
    peer.socket.pause();
    peer.say(SENSE_HELLO);
    const offer = encodeFrame({ type: "offer", ...unkeptOf(0) });
    let sent = 0;
    for (; sent < 200_000 && !rig.forward.told.includes("gone"); sent++) {
      if (!peer.socket.write(offer))
        await rig.until(
          () => !peer.socket.writableNeedDrain || rig.forward.told.includes("gone"),
          "it is read",
        );
    }
    await rig.until(() => rig.forward.told.includes("gone"), "hung up");
    expect(rig.forwardLog.at(-1)).toEqual(["handover.hostile", "handover.protocol"]);
  });

  it("of another major version hears ours, and then nothing it sends is held", async () => {
    await rig.startForward();
    const peer = await rig.dial();
    peer.say({ type: "hello", version: { major: 2, minor: 0 }, unknown: true });
    await rig.until(() => peer.closed, "hung up, though it did not hang up itself");
    expect(peer.heard).toEqual([{ type: "hello", version: { major: 1, minor: 2 } }]);
    expect(rig.forwardLog).toEqual([["handover.version", "handover.version"]]);
    expect(rig.forward.told).toEqual([]);
  });
});

/** Passes bytes on, with another major version in the first frame. */
function fromAnotherMajor(from: Socket, to: Socket): void {
  const peer = new RawPeer(from);
  from.on("data", () => {
    const [hello] = peer.heard;
    if (hello) to.write(encodeFrame({ ...hello, version: { major: 2, minor: 0 } }));
  });
  from.on("close", () => to.destroy());
}

it("both ends hold and say so when their major versions differ, without a word lost", async () => {
  await rig.startForward();
  const between = `${rig.path}.between`;
  await rig.serve((fromSense) => {
    const toForward = connect(rig.path);
    fromAnotherMajor(fromSense, toForward);
    fromAnotherMajor(toForward, fromSense);
  }, between);
  rig.sense.seal(1);
  const sense = rig.startSense(between);
  await rig.until(() => rig.senseLog.length > 0, "sense says so");
  await rig.until(() => rig.clock.monotonic() > 60_000, "a minute passes", 500);
  expect([rig.senseLog, rig.forwardLog]).toEqual([
    [["handover.version", "handover.version"]],
    [["handover.version", "handover.version"]],
  ]);
  expect([sense.connected, rig.sense.waiting.length, rig.forward.offers]).toEqual([false, 1, 0]);
});
