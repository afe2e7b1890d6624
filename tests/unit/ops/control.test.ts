import { mkdtempSync, rmSync, statSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Timer } from "../../../src/base/clock.ts";
import { TelpostError } from "../../../src/base/errors.ts";
import { silentLog } from "../../../src/base/log.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import { askControl, ControlServer } from "../../../src/ops/control.ts";
import { aWhile, until } from "../../kit/until.ts";

let folder: string;
let server: ControlServer;
/** A virtual clock that knows how many connections it times: those that the server has taken in and not let go. */
class IdleCounter extends VirtualClock {
  connections = 0;

  override after(name: string, ms: number, fn: () => void): Timer {
    const inner = super.after(name, ms, fn);
    if (name !== "control idle") return inner;
    this.connections += 1;
    let counted = true;
    const cancel = () => {
      inner.cancel();
      if (counted) this.connections -= 1;
      counted = false;
    };
    return { name, cancel };
  }
}

let clock: IdleCounter;
const path = () => join(folder, "one.sock");
let asked = 0;
const verbs = {
  status: () => {
    asked += 1;
    return { up: true };
  },
  broken: () => {
    throw new TelpostError("outbox.unusable");
  },
};

beforeEach(async () => {
  asked = 0;
  clock = new IdleCounter(0);
  folder = mkdtempSync(join(tmpdir(), "telpost-control-"));
  server = new ControlServer(path(), verbs, { clock, log: silentLog });
  await server.start();
});
afterEach(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

interface Client {
  readonly socket: Socket;
  heard: string;
  closed: boolean;
}

/** Somebody at the socket who says what a test likes. */
function dial(text?: string | Buffer): Client {
  const client: Client = { socket: connect(path()), heard: "", closed: false };
  client.socket.on("error", () => {});
  client.socket.on("data", (chunk) => {
    client.heard += chunk;
  });
  client.socket.on("close", () => {
    client.closed = true;
  });
  if (text !== undefined) client.socket.write(text);
  return client;
}

const ask = (verb: string) => askControl(path(), verb, { clock, timeoutMs: 1_000 });

it("answers a verb of its list with one line, and hangs up though the other does not", async () => {
  expect(await ask("status")).toEqual({ up: true });
  const client = dial('{"verb":"status"}\n');
  await until(() => client.closed, "hung up");
  expect(client.heard).toBe('{"ok":true,"value":{"up":true}}\n');
});

it("refuses every other verb, however it is written", async () => {
  for (const text of [
    '{"verb":"stop"}',
    '{"verb":"constructor"}',
    '{"verb":"__proto__"}',
    '{"verb":7}',
    "null",
    "[]",
    "status",
    "",
  ]) {
    const client = dial(`${text}\n`);
    await until(() => client.closed, "hung up");
    expect([text, client.heard]).toEqual([text, '{"ok":false,"error":"usage.unknown_verb"}\n']);
  }
  await expect(ask("stop")).rejects.toMatchObject({ code: "usage.unknown_verb" });
});

it("answers once a connection, whatever else comes", async () => {
  const client = dial('{"verb":"status"}\n'.repeat(50));
  await until(() => client.closed, "hung up");
  expect([client.heard, asked]).toEqual(['{"ok":false,"error":"usage.unknown_verb"}\n', 0]);
  const patient = dial('{"verb":"status"}\n');
  for (let again = 0; again < 50; again++) patient.socket.write('{"verb":"status"}\n');
  await until(() => patient.closed, "hung up");
  expect(asked).toBeLessThanOrEqual(1);
});

it("hands on what a verb failed with, and lives on", async () => {
  await expect(ask("broken")).rejects.toMatchObject({ code: "outbox.unusable" });
  expect(await ask("status")).toEqual({ up: true });
});

it("hangs up on a megabyte without holding it", async () => {
  const client = dial(Buffer.alloc(1024 * 1024, "x"));
  await until(() => client.closed, "hung up");
  expect([client.heard, asked]).toEqual(["", 0]);
});

it("hangs up on a client that says nothing, or half a line, for five seconds", async () => {
  const silent = dial();
  const slow = dial('{"verb":');
  await until(() => clock.connections === 2, "the server knows both");
  clock.advance(4_900);
  await aWhile();
  expect([silent.closed, slow.closed]).toEqual([false, false]);
  clock.advance(200);
  await until(() => silent.closed && slow.closed, "hung up");
});

it("serves eight connections at one time; a ninth is hung up on, and there is room again afterwards", async () => {
  const held = Array.from({ length: 8 }, () => dial("{"));
  await aWhile();
  const ninth = dial('{"verb":"status"}\n');
  await until(() => ninth.closed, "hung up");
  expect([ninth.heard, held.some(({ closed }) => closed)]).toEqual(["", false]);
  expect(clock.connections).toBe(8);
  for (const { socket } of held) socket.destroy();
  await until(() => clock.connections === 0, "the server knows that they are gone");
  expect(await ask("status")).toEqual({ up: true });
});

it("lets owner and group in, and refuses a second server", async () => {
  expect(statSync(path()).mode & 0o777).toBe(0o660);
  const second = new ControlServer(path(), verbs, { clock, log: silentLog });
  await expect(second.start()).rejects.toMatchObject({ code: "control.in_use" });
  expect(await ask("status")).toEqual({ up: true });
});

it("calls a process not running that is not there, or hangs up without an answer", async () => {
  await expect(
    askControl(join(folder, "none.sock"), "status", { clock, timeoutMs: 1_000 }),
  ).rejects.toMatchObject({ code: "usage.not_running" });
  const held = Array.from({ length: 8 }, () => dial("{"));
  await aWhile();
  await expect(ask("status")).rejects.toMatchObject({ code: "usage.not_running" });
  for (const { socket } of held) socket.destroy();
});

it("says when a person may not ask", async () => {
  await import("node:fs").then(({ chmodSync }) => chmodSync(path(), 0));
  // The superuser may always, so this test is somebody else for a moment.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await expect(ask("status")).rejects.toMatchObject({ code: "control.denied" });
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
});
