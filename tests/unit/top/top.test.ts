import { describe, expect, it } from "vitest";
import { Terminal } from "../../../src/base/terminal.ts";
import { VirtualClock } from "../../../src/base/virtual-clock.ts";
import type { ForwardStatus } from "../../../src/forward/compose.ts";
import type { LinkState } from "../../../src/model.ts";
import type { SenseStatus } from "../../../src/sense/compose.ts";
import { firstLoss } from "../../../src/top/forecast.ts";
import { History } from "../../../src/top/history.ts";
import { actionsIn } from "../../../src/top/keys.ts";
import { runScreen } from "../../../src/top/run.ts";
import { topScreen } from "../../../src/top/screen.ts";

const NOON = Date.parse("2026-07-18T12:00:00Z");
const DAY_S = 86_400;

function senseOf(sensors: number, link: LinkState = "up"): SenseStatus {
  const ids = Array.from({ length: sensors }, (_, n) => `gate-${n}`);
  return {
    process: "sense",
    version: "0",
    configHash: "0123456789abcdef",
    instead: null,
    uptimeSeconds: 100,
    epoch: "k3k3k3k3k3k3k3k3",
    sealed: 3,
    clockSynced: true,
    cityKey: "key",
    cityKeyUntilMs: NOON + 300 * DAY_S * 1000,
    handover: "connected",
    waiting: 0,
    unkept: 0,
    heldFor: null,
    sealedLast: [],
    facts: ids.map((id) => ({
      id,
      profile: "gpio-pulse",
      ports: ["pinctrl-rp1 17"],
      liveness: "none",
      silentAfterMs: null,
      nominalHz: null,
      outputs: [
        { id, kind: "flow", seconds: 60 },
        { id, kind: "occupancy", seconds: 300 },
      ],
    })),
    sensors: ids.map((id) => ({
      id,
      profile: "gpio-pulse",
      link,
      errors: "none",
      ...(link === "up" ? {} : { code: "device.line_busy" }),
    })),
    contacts: [],
    light: null,
  };
}

function forwardOf(changes: Partial<ForwardStatus> = {}): ForwardStatus {
  return {
    process: "forward",
    version: "0",
    configHash: "0123456789abcdef",
    instead: null,
    uptimeSeconds: 100,
    sense: "connected",
    storage: null,
    outbox: {
      queued: 0,
      queuedBytes: 0,
      oldestAtMs: null,
      appended: 9,
      accepted: 9,
      rejected: 0,
      dropped: 0,
      lastId: 9,
    },
    quota: { maxBytes: 512 * 2 ** 20, maxAgeMs: 30 * DAY_S * 1000 },
    uplink: { state: "connected", code: null, protocol: "5", connection: 1, lastProofMs: NOON, backlog: 0 },
    platform: {
      under_voltage: "ok",
      throttled: "ok",
      hot: "ok",
      card_errors: "ok",
      card_worn: "ok",
      read_only: "ok",
      disk_full: "ok",
    },
    drainSeconds: 0,
    ...changes,
  };
}

const viewOf = (sense: SenseStatus | null, forward: ForwardStatus | null, history = new History()) => ({
  sense,
  forward,
  history,
  version: "0.1.0",
  atMs: 0,
  nowMs: NOON,
  everySeconds: 2,
  paused: false,
  from: 0,
});

describe("the screen", () => {
  const sizes = [80, 100, 200].flatMap((columns) => [24, 30, 50].map((rows) => ({ columns, rows })));
  const troubles = forwardOf({
    storage: "outbox.full",
    uplink: { ...forwardOf().uplink, state: "waiting", code: "broker.tls_expired" },
    drainSeconds: null,
  });

  it.each(sizes)("has $columns x $rows, the keys at the end, whatever is wrong", (size) => {
    const senses = [null, senseOf(0), senseOf(3), senseOf(16, "fault"), senseOf(64, "down")];
    for (const sense of senses) {
      for (const forward of [null, forwardOf(), troubles]) {
        const lines = topScreen(viewOf(sense, forward), size);
        expect(lines).toHaveLength(size.rows);
        expect(Math.max(...lines.map(({ text }) => text.length))).toBeLessThanOrEqual(size.columns);
        expect(lines.at(-1)?.text).toMatch(/^ q quit/);
      }
    }
  });

  it("shows those in trouble first, and says what to do", () => {
    const sense = senseOf(16);
    const sick = {
      id: "gate-15",
      profile: "gpio-pulse",
      link: "fault",
      errors: "some",
      code: "device.blocked",
    };
    const broken = { ...sense, sensors: [...sense.sensors.slice(0, 15), sick] } as SenseStatus;
    const lines = topScreen(viewOf(broken, forwardOf()), { columns: 80, rows: 24 }).map(({ text }) => text);
    expect(lines[2]).toMatch(/^gate-15 +fault some/);
    expect(lines.some((line) => line.startsWith("device.blocked (gate-15): "))).toBe(true);
  });

  it("shows the longest id whole where there is room, and its end cut off where there is none", () => {
    const longest = "boulevard-north-exit-towards-sea";
    const sense = senseOf(1);
    const [only] = sense.sensors;
    const view = viewOf({ ...sense, sensors: [{ ...only, id: longest }] } as SenseStatus, forwardOf());
    const rowAt = (columns: number) => topScreen(view, { columns, rows: 24 })[2]?.text ?? "";
    expect(rowAt(200)).toContain(`${longest} `);
    expect(rowAt(80)).toMatch(/^boulevard-north~ /);
  });

  it("says so where it does not fit", () => {
    const [line] = topScreen(viewOf(senseOf(1), forwardOf()), { columns: 40, rows: 10 });
    expect(line?.text).toBe("This terminal has 40 x 10.");
  });
});

/** A terminal that notes the size of each write. */
class Paper {
  readonly columns = 200;
  readonly rows = 50;
  readonly writes: string[] = [];
  write(text: string): void {
    this.writes.push(text);
  }
  on(): void {}
  off(): void {}
}

it("writes at most 900 bytes at a time, also when everything changes at once", async () => {
  const clock = new VirtualClock(NOON);
  const paper = new Paper();
  const stop = new AbortController();
  let looks = 0;
  const ask = async () => {
    looks++;
    const down = looks % 2 === 0;
    return { sense: senseOf(40, down ? "down" : "up"), forward: down ? null : forwardOf() };
  };
  const ports = { clock, version: "0.1.0", ask, everySeconds: 5, signal: stop.signal };
  const done = runScreen(ports, new Terminal(paper), { onText: () => {} });
  for (let second = 0; second < 60; second++) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(1_000);
  }
  stop.abort();
  await done;
  const painted = paper.writes.slice(1).map((text) => Buffer.byteLength(text));
  expect(looks).toBeGreaterThan(8);
  expect(painted.length).toBeGreaterThan(20);
  expect(Math.max(...painted)).toBeLessThanOrEqual(900);
  expect(painted.reduce((sum, one) => sum + one)).toBeGreaterThan(9_000);
});

it("keeps its place among the sensors while sense does not answer, and hears the keys", async () => {
  const clock = new VirtualClock(NOON);
  const paper = new Paper();
  const stop = new AbortController();
  let answers = true;
  let type: (text: string) => void = () => {};
  const ask = async () => ({ sense: answers ? senseOf(60) : null, forward: forwardOf() });
  const ports = { clock, version: "0.1.0", ask, everySeconds: 1, signal: stop.signal };
  const keys = {
    onText: (fn: (text: string) => void) => {
      type = fn;
    },
  };
  const done = runScreen(ports, new Terminal(paper), keys);
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await new Promise((resolve) => setImmediate(resolve));
      clock.advance(1_000);
    }
  };
  const headAfter = async (typed: string) => {
    await pass(2);
    type(typed);
    const before = paper.writes.length;
    // Only what changes is written, unless it is drawn anew.
    type("\x0c");
    await pass(20);
    return /SENSOR( \d+-|S)/.exec(paper.writes.slice(before).join(""))?.[0];
  };
  expect(await headAfter("jjj")).toBe("SENSOR 4-");
  answers = false;
  expect(await headAfter("jjk")).toBe("SENSORS");
  answers = true;
  expect(await headAfter("")).toBe("SENSOR 5-");
  stop.abort();
  await done;
});

describe("what was seen", () => {
  const MINUTE = 60_000;

  it("is a character a minute: links by how often they were up, the queue by its most", () => {
    const history = new History();
    const at = (minute: number, link: LinkState, queued: number) =>
      history.add(
        { sense: senseOf(1, link), forward: forwardOf({ outbox: { ...forwardOf().outbox, queued } }) },
        minute * MINUTE,
      );
    at(0, "up", 0);
    at(1, "up", 40);
    at(1, "down", 10);
    at(2, "fault", 0);
    expect(history.link("gate-0", 4, 3 * MINUTE)).toBe("#=. ");
    expect(history.queue(4, 3 * MINUTE)).toBe(".#. ");
    expect(history.link("unknown", 2, MINUTE)).toBe("  ");
  });

  it("tells the pace of the last minute", () => {
    const history = new History();
    const proven = (accepted: number) => forwardOf({ outbox: { ...forwardOf().outbox, accepted } });
    history.add({ sense: null, forward: proven(100) }, 0);
    expect(history.provenAMinute).toBeNull();
    history.add({ sense: null, forward: proven(120) }, 30_000);
    expect(history.provenAMinute).toBe(40);
    history.add({ sense: null, forward: proven(120) }, 90_000);
    expect(history.provenAMinute).toBe(0);
  });
});

it("says when the first window is lost: by age, or by size when that is sooner", () => {
  const outbox = {
    ...forwardOf().outbox,
    queued: 1_000,
    queuedBytes: 1_500_000,
    oldestAtMs: NOON - DAY_S * 1000,
  };
  expect(firstLoss(forwardOf({ outbox }), senseOf(1), NOON)).toEqual({ inSeconds: 29 * DAY_S, by: "age" });
  const small = { maxBytes: 3_000_000, maxAgeMs: 30 * DAY_S * 1000 };
  expect(firstLoss(forwardOf({ outbox, quota: small }), senseOf(1), NOON)).toEqual({
    inSeconds: 60_000,
    by: "size",
  });
});

it("takes keys that come together, and no others", () => {
  expect(actionsIn("jk\x1b[A\x1b[B\x1b[Cx q")).toEqual(["down", "up", "up", "down", "pause", "quit"]);
  expect(actionsIn("\x03")).toEqual(["quit"]);
});
