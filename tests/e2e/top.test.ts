import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPty } from "../../src/base/native/pty.ts";
import { LiveGateway } from "../kit/live-gateway.ts";
import { type Mosquitto, startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { TELPOST, telpost } from "../kit/telpost.ts";
import { Tmux } from "../kit/tmux.ts";
import { until } from "../kit/until.ts";

const LAB = "profile: lab, mechanism: none, reason: test, flow: { windowSeconds: 2 }";
const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 200, rows: 50 };
const MOST_BYTES = 900;
const SENSORS = 16;
const LOOK_MS = 40;
/** So many refreshes are watched, a second apart. */
const REFRESHES = 3;

describeWith(["mosquitto", "tmux"], "a technician at a gateway of 16 sensors, one of which works", () => {
  const live = new LiveGateway();
  const device = new FakeDevice();
  const terminals: Tmux[] = [];
  let broker: Mosquitto;
  let places: string[];

  beforeAll(async () => {
    device.plug();
    broker = await startPlainMosquitto();
    const url = `url: "mqtt://127.0.0.1:${broker.port}"`;
    const absent = Array.from({ length: SENSORS - 1 }, (_, n) => {
      return `id: absent-${n}, profile: generic-jsonl, port: ${live.path(`no-such-port-${n}`)}`;
    });
    await live.prepare({
      broker: url,
      cityBroker: url,
      privacy: LAB,
      sensors: [`id: gate, profile: generic-jsonl, port: ${device.link}`, ...absent],
    });
    const forward = live.startForward();
    const sense = live.startSense();
    await until(() => forward.said("uplink.connected").length > 0, "the uplink");
    await until(() => sense.said("sensor.up").length > 0, "the sensor");
    live.startReceive();
    places = ["--runtime", live.places.runtime, "--crash", live.places.crash];
    await until(() => existsSync(`${live.places.runtime}/forward.sock`), "the control socket");
  });

  afterAll(async () => {
    for (const terminal of terminals) terminal.close();
    await live.dispose();
    device.dispose();
    await broker.stop();
  });

  /** A shell in a real terminal, in which a command was typed. */
  function typed(command: string, size = SMALL): Tmux {
    const terminal = new Tmux(size, "PS1=ready: sh");
    terminals.push(terminal);
    terminal.type(command);
    terminal.press("Enter");
    return terminal;
  }
  const topCommand = ["sh", ...TELPOST, "top", ...["--seconds", "1"]];
  const command = () => [...topCommand, ...places].join(" ");

  it("sees everything on 80 x 24, scrolls the sensors, and gets the terminal back as it was", async () => {
    const before = live.path("stty-before");
    const after = live.path("stty-after");
    const terminal = typed(`echo BEFORE; stty -a >${before}; ${command()}; stty -a >${after}`);
    await terminal.shows(/^WINDOWS {2}2 s: until .*covered 1 of 16/);
    await terminal.shows(/^ q quit/);
    await terminal.shows(/^device\.absent \(absent-\d+, absent-\d+ and 13 more\): Check the cable/);
    const screen = terminal.screen();
    expect(screen).toHaveLength(SMALL.rows);
    for (const label of [
      " telpost top ",
      "SENSOR 1-",
      "OUTBOX ",
      "UPLINK ",
      "CLOCK ",
      "MACHINE ",
      "RUNS ",
      "TROUBLE",
    ])
      expect(screen.filter((line) => line.startsWith(label))).toHaveLength(1);
    expect(screen.at(-1)).toMatch(/^ q quit/);
    console.log(screen.join("\n"));
    // The one that works stands behind those in trouble.
    expect(screen.some((line) => line.startsWith("gate "))).toBe(false);
    terminal.type("j".repeat(SENSORS));
    await terminal.shows(/^gate +up +none +port only generic-jsonl/);
    // How many rows there are may change meanwhile: what else is shown takes its room.
    const first = () => Number(/^SENSOR (\d+)-/m.exec(terminal.screen().join("\n"))?.[1]);
    const bottom = first();
    const movesDown = () => {
      terminal.press("Up");
      return first() < bottom;
    };
    await until(movesDown, "the sensors move down", LOOK_MS);
    terminal.type("q");
    await terminal.shows(/^BEFORE$/);
    await until(() => existsSync(after), "the shell goes on");
    await terminal.shows(/^ready:$/);
    expect(readFileSync(after, "utf8")).toBe(readFileSync(before, "utf8"));
  });

  it("sees all sensors on 200 x 50, follows a change of size, and ends it with Ctrl-C", async () => {
    const code = live.path("top-code");
    const terminal = typed(`${command()}; echo $? >${code}`, LARGE);
    await terminal.shows(/^gate +up /);
    expect(terminal.screen().filter((line) => /^(absent-\d+|gate) /.test(line))).toHaveLength(SENSORS);
    terminal.resize({ columns: 40, rows: 10 });
    await terminal.shows(/^This terminal has 40 x 10\.$/);
    terminal.resize(LARGE);
    await terminal.shows(/^gate +up /);
    terminal.press("C-c");
    await until(() => existsSync(code) && readFileSync(code, "utf8") !== "", "it ends");
    expect(readFileSync(code, "utf8")).toBe("0\n");
  });

  it("writes at most 900 bytes a refresh, and ends by itself when the line is gone", async () => {
    const pty = openPty();
    let groups: number[] = [];
    let text = "";
    let lastMs = 0;
    pty.onData((bytes) => {
      const nowMs = performance.now();
      // What comes together was written together: refreshes are a second apart.
      if (nowMs - lastMs > 400) groups.push(0);
      groups[groups.length - 1] = (groups.at(-1) ?? 0) + bytes.length;
      lastMs = nowMs;
      text += Buffer.from(bytes).toString("latin1");
    });
    const fd = openSync(pty.path, "r+");
    const [shell = "sh", ...args] = [...topCommand, ...places];
    const child = spawn(shell, args, { stdio: [fd, fd, "pipe"], env: { ...process.env, TERM: "vt100" } });
    closeSync(fd);
    let said = "";
    child.stderr?.on("data", (chunk) => {
      said += chunk;
    });
    await until(() => text.includes(" q quit"), "the whole screen");
    groups = [];
    // One that has begun has come whole: it is written in one piece.
    await until(() => groups.length > REFRESHES, "refreshes");
    console.log(`bytes of refreshes over a pty: ${groups.join(", ")}; first screen ${text.length} in all`);
    expect(Math.max(...groups)).toBeLessThanOrEqual(MOST_BYTES);
    const gone = once(child, "exit");
    pty.close();
    await gone;
    expect(said).toBe("");
  });

  it("leaves nothing running when the session hangs up", async () => {
    const file = live.path("top-pid");
    const terminal = typed(`sh -c 'echo $$ >${file}; exec ${command()}'`);
    await terminal.shows(/^ q quit/);
    const pid = Number(readFileSync(file, "utf8"));
    terminal.close();
    await until(() => !isRunning(pid), "it is gone");
  });

  it("gets the same as lines where there is no terminal, and code 4 when a process is down", async () => {
    const { code, out, err } = await telpost(["top", ...places]);
    expect([code, err]).toEqual([0, ""]);
    const lines = out.trimEnd().split("\n");
    expect(lines.filter((line) => /^(absent-\d+|gate) /.test(line))).toHaveLength(SENSORS);
    expect(out).not.toContain("\x1b");
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(SMALL.columns);
    const away = await telpost([
      "top",
      "--times",
      "2",
      "--seconds",
      "1",
      "--runtime",
      "/nowhere",
      places[2] ?? "",
      places[3] ?? "",
    ]);
    expect([away.code, away.out.match(/^FORWARD {2}does not run\./gm)?.length]).toEqual([4, 2]);
  });

  it("sees the status of 16 sensors on one screen", async () => {
    const { out } = await telpost(["status", ...places]);
    const rows = out
      .trimEnd()
      .split("\n")
      .map(({ length }) => Math.max(1, Math.ceil(length / SMALL.columns)));
    console.log(out);
    expect(rows.reduce((sum, one) => sum + one)).toBeLessThan(SMALL.rows);
    expect(out).toMatch(/^sensors {2}15 down, errors today: none, device\.absent: absent-0, /m);
    expect(out).toMatch(/^sensors {2}1 up, errors today: none: gate$/m);
  });

  it("is told what became of a window, and how a sensor does", async () => {
    await until(() => (live.forward?.printed.length ?? 0) > 0, "forward");
    const explained = async (seq: number) => telpost(["explain", `--seq=${seq}`, ...places]);
    let [seq, window] = [1, await explained(1)];
    for (let again = 0; again < 40 && !/^proven +2/m.test(window.out); again++) {
      // A sensor that came up late, or a machine that stood still, leaves a window that was not watched all the time.
      if (/^readings +watched \d/m.test(window.out)) seq++;
      window = await explained(seq);
    }
    expect(window.out).toMatch(new RegExp(`^window +until .*: number ${seq} of`, "m"));
    expect(window.out).toMatch(/^readings +watched all 2 s: gate\n +not watched in 2 s: absent-0, /m);
    for (const step of ["made", "kept", "sent", "proven"])
      expect(window.out).toMatch(new RegExp(`^${step} +\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ`, "m"));
    expect((await telpost(["explain", "absent-3", ...places])).out).toMatch(/^fault +device\.absent: /m);
    const wrong = await telpost(["explain", "absnt-3", ...places]);
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining("did you mean absent-3?")]);
  });
});

/** One that has ended may still wait for somebody to ask how. */
function isRunning(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}
