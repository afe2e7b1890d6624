import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  constants,
  fstatSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { VirtualClock } from "../../src/base/virtual-clock.ts";
import { createLog, type LogOptions, SECRET_FIELDS, terminalLine } from "../../src/ops/log.ts";

const START = Date.parse("2026-07-18T14:05:03Z");
let folder: string;
const open: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-log-"));
});
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
  rmSync(folder, { recursive: true });
});

/** A pipe, and what came out of it: written to at once, so that nothing here has to wait. */
function pipe() {
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writer = openSync(path, constants.O_WRONLY);
  open.push(reader, writer);
  const read = () => {
    const bytes = Buffer.alloc(64 * 1024);
    try {
      return bytes.toString("utf8", 0, readSync(reader, bytes));
    } catch (empty) {
      expect(empty).toHaveProperty("code", "EAGAIN");
      return "";
    }
  };
  return { writer, read };
}

function logToPipe(options: (stream: string) => Partial<LogOptions> = () => ({})) {
  const { writer, read } = pipe();
  const { dev, ino } = fstatSync(writer, { bigint: true });
  const clock = new VirtualClock(START);
  const log = createLog({
    process: "sense",
    destination: writer,
    clock,
    env: {},
    ...options(`${dev}:${ino}`),
  });
  return {
    log,
    clock,
    read,
    lines: () =>
      read()
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
  };
}

describe("the log of a process", () => {
  it("writes one JSON line an event, with the time of the clock it was given and no host name", () => {
    const { log, read } = logToPipe();
    log.info("sensor.up", { sensor: "gate-3" });
    expect(read()).toBe(
      '{"level":"info","time":"2026-07-18T14:05:03.000Z","process":"sense","event":"sensor.up","sensor":"gate-3"}\n',
    );
  });

  it("puts what happened and what to do beside the code of a warning or error", () => {
    const { log, lines } = logToPipe();
    log.warn("sensor.down", { code: "device.gone" });
    log.info("sensor.up", { code: "device.gone" });
    const [warning, info] = lines();
    expect(warning).toMatchObject({
      code: "device.gone",
      what: expect.any(String),
      hint: expect.stringMatching(/cable/),
    });
    expect(info).not.toHaveProperty("hint");
  });

  it("never writes a field with the name of a secret", () => {
    const { log, read } = logToPipe(() => ({ level: "trace" }));
    const fields = Object.fromEntries(SECRET_FIELDS.map((name) => [name, "canary-4711"]));
    for (const level of ["debug", "info", "warn", "error", "fatal"] as const)
      log[level]("process.failed", { ...fields, sensor: "a" });
    const text = read();
    expect(text).toContain('"sensor":"a"');
    expect(text).not.toContain("canary");
  });

  it("says nothing below its level", () => {
    const { log, lines } = logToPipe(() => ({ level: "warn" }));
    log.info("sensor.up");
    log.warn("sensor.down");
    expect(lines()).toHaveLength(1);
  });

  it("leaves the time to journald and gives every line its priority, on the journal's own stream only", () => {
    const { log, read } = logToPipe((stream) => ({ env: { JOURNAL_STREAM: stream } }));
    log.error("process.failed");
    log.warn("sensor.down");
    log.info("sensor.up");
    expect(read()).toMatch(/^<3>\{"level":"error","process":"sense",.*\n<4>\{.*\n<6>\{.*\n$/);
  });

  it("keeps its time when only another stream of the process goes to the journal", () => {
    const { log, read } = logToPipe(() => ({ env: { JOURNAL_STREAM: "1:2" } }));
    log.info("sensor.up");
    expect(read()).toMatch(/^\{"level":"info","time":/);
  });

  it("appends to a file that only its owner can read", async () => {
    const file = join(folder, "log");
    const log = createLog({ process: "sense", destination: file });
    log.info("sensor.up");
    await vi.waitFor(() => expect(readFileSync(file, "utf8")).toContain("sensor.up"), 10_000);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it("is a short line on a terminal", () => {
    const line = {
      level: "warn",
      time: "2026-07-18T14:05:03.000Z",
      process: "sense",
      event: "sensor.down",
      sensor: "a",
      what: "Gone.",
      hint: "Look.",
    };
    expect(terminalLine(JSON.stringify(line))).toBe(
      "14:05:03 sense warn  sensor.down sensor=a: Gone. Look.\n",
    );
  });
});

const program = join(import.meta.dirname, "../kit/log-program.ts");

function start(args: string[], stderr: number | "pipe") {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", stderr] });
  const exited = new Promise<string>((resolve) =>
    child.on("exit", (code, signal) => resolve(signal ?? String(code))),
  );
  return { child, exited };
}

describe("a reader of the log", () => {
  it("that stalls neither blocks the loop nor keeps the process from ending", async () => {
    const { exited } = start(["20000", "exit"], pipe().writer);
    expect(await exited).toBe("3");
  });

  it("that stalls costs lines; they are counted, the others come, and later lines say how many are missing", () => {
    const { log, clock, read } = logToPipe();
    for (let n = 0; n < 4000; n++) log.info("sensor.up", { filler: "x".repeat(100) });
    const dropped = log.dropped();
    expect(dropped).toBeGreaterThan(1000);
    let text = "";
    for (let turn = 0; turn < 10; turn++) {
      text += read();
      clock.advance(100);
    }
    expect(text.match(/sensor\.up/g)).toHaveLength(4000 - dropped);
    log.info("sensor.up");
    expect(read()).toContain(`"dropped":${dropped}`);
  });

  it("that went away ends neither the process nor the last words' time limit", async () => {
    const { child, exited } = start(["2000", "fatal"], "pipe");
    child.stderr?.destroy();
    expect(await exited).toBe("SIGKILL");
  });

  it("gets every line before a fatal one, and the fatal one, although the process is killed at once", async () => {
    const { child, exited } = start(["1000", "fatal"], "pipe");
    let text = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
    const ended = new Promise((resolve) => child.stderr?.on("end", resolve));
    expect(await exited).toBe("SIGKILL");
    await ended;
    const lines = text.trimEnd().split("\n");
    expect(lines).toHaveLength(1001);
    expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({
      level: "fatal",
      code: "device.gone",
      hint: expect.any(String),
    });
  });
});
