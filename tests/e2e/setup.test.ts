import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { keySetEntry, makeCityKey, makeCityRoot, signKeySet } from "../../src/keys/make.ts";
import { writeKeyRing, writePublicKey, writeSignedKeySet } from "../../src/keys/write.ts";
import { startPlainMosquitto } from "../kit/mosquitto.ts";
import { describeWith } from "../kit/programs.ts";
import { FakeDevice } from "../kit/pty.ts";
import { keepSpeaking, SOUNDS } from "../kit/sounds.ts";
import { TELPOST, Telpost, telpost } from "../kit/telpost.ts";
import { until } from "../kit/until.ts";

const DAY_MS = 86_400_000;

let folder: string;
let device: FakeDevice;
let talking: NodeJS.Timeout | undefined;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  // On tmpfs, as the crash copy must be.
  folder = mkdtempSync("/dev/shm/telpost-setup-");
  device = new FakeDevice();
  device.plug();
});
afterEach(() => {
  clearInterval(talking);
  device.dispose();
  rmSync(folder, { recursive: true });
});

function speak(id: string): void {
  talking = keepSpeaking(device, SOUNDS[id] ?? (() => new Uint8Array()));
}

/** What the city gives: its public root key and a lab key to seal to. */
async function cityFiles(): Promise<void> {
  const [root, city] = [makeCityRoot(), makeCityKey()];
  const entry = keySetEntry(city, { fromMs: Date.now() - 1000, untilMs: Date.now() + DAY_MS, lab: true });
  writePublicKey(at("city-root.jwk"), root.publicJwk);
  writeSignedKeySet(at("city-keys.jws"), await signKeySet({ version: 1, keys: [entry] }, root));
  writeKeyRing(at("city-private.jwks"), [city.privateJwk]);
}

const places = () => ["--runtime", at("run"), "--crash", at("sense")];
const setup = (...flags: string[]) =>
  telpost(["setup", "--config", at("telpost.yaml"), "--no-start", ...places(), ...flags]);

function answers(url = "mqtt://127.0.0.1:1883"): string[] {
  const text = `gateway: { tenant: denhaag, site: scheveningen, id: gw07 }
broker: { url: "${url}", ack: broker }
privacy: { profile: lab, flow: { windowSeconds: 1, epsilon: "1" }, occupancy: { windowSeconds: 1 } }
probe:
  - id: radar-1
    port: ${device.link}
    seconds: 1
    set: { lines: [{ id: promenade, from: [-2, 1.5], to: [2, 1.5], in: left }] }
`;
  writeFileSync(at("answers.yaml"), text);
  return ["--answers", at("answers.yaml")];
}

describeWith(["mosquitto"], "telpost setup with an answers file", () => {
  it("goes from a sensor nobody knows to a window that the city opens", async () => {
    speak("hilink-ld2450");
    const broker = await startPlainMosquitto();
    onTestFinished(() => broker.stop());
    await cityFiles();
    const flags = answers(`mqtt://127.0.0.1:${broker.port}`);
    const first = await setup(...flags);
    expect(first).toMatchObject({ code: 0, err: "" });
    // Wherever the path of the port breaks the line.
    expect(first.out.replaceAll(/\s+/g, " ")).toContain("hilink-ld2450, called radar-1.");
    expect(await telpost(["check", "--config", at("telpost.yaml")])).toMatchObject({ code: 0 });

    // What it printed for the city is all the city needs.
    const line = first.out.split("\n").find((one) => one.startsWith("  - { id: ")) ?? "";
    const reader = `broker: { url: "mqtt://127.0.0.1:${broker.port}" }\ntenant: denhaag\nkeys: city-private.jwks\nmemory: seen.sqlite\n`;
    writeFileSync(at("site.yaml"), `${reader}gateways:\n${line}\n`);
    const receive = new Telpost(["receive", "--site", at("site.yaml")]);
    onTestFinished(() => void receive.stop());
    mkdirSync(at("state"));
    const running = new Telpost(["run", "--config", at("telpost.yaml"), ...places(), "--state", at("state")]);
    onTestFinished(() => void running.stop());
    await until(() => running.err.includes('"ready"') || running.err.includes("uplink"), "it runs");

    const before = readFileSync(at("telpost.yaml"), "utf8");
    writeFileSync(at("again.yaml"), "{}\n");
    const second = await setup("--answers", at("again.yaml"), "--wait", "60");
    expect(second).toMatchObject({ code: 0, err: "" });
    expect(second.out).toContain("telpost.yaml is kept as it is.");
    expect(second.out).toContain("The first window is sealed and kept in the outbox.");
    expect(readFileSync(at("telpost.yaml"), "utf8")).toBe(before);
    await until(() => receive.out.includes('"sensor":"promenade"'), "the city opens it");
    await Promise.all([running.stop(), receive.stop()]);
  });
});

describe("telpost setup", () => {
  it("says what is missing, and does not start", async () => {
    speak("hilink-ld2450");
    const ended = await setup(...answers());
    expect(ended).toMatchObject({ code: 1, err: "" });
    expect(ended.out).toContain("- city-root.jwk is missing; the city gives it");
    expect(ended.out).toContain("Not started.");
    expect(statSync(at("gateway-key.jwk")).mode & 0o777).toBe(0o600);
  });

  it("ends with one line for answers that do not fit, or that lack something", async () => {
    writeFileSync(at("answers.yaml"), "gatway: {}\n");
    expect(await setup("--answers", at("answers.yaml"))).toMatchObject({
      code: 3,
      out: "",
      err: expect.stringContaining('answers.yaml:1:1 gatway: unknown key "gatway"; did you mean gateway?'),
    });
    writeFileSync(at("answers.yaml"), "{}\n");
    expect(await setup("--answers", at("answers.yaml"))).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^setup\.unanswered: .*gateway\.tenant/),
    });
    expect(readdirSync(folder)).toEqual(["answers.yaml"]);
  });
});

/** The program at a real terminal of 80 columns; `type` is the keyboard. It replaces the shell, whichever that is: dash
 * would answer Ctrl-C with its own exit code. */
function atTerminal(flags: readonly string[]) {
  const command = ["stty", "cols", "80", "rows", "24", ";", "exec", "sh", ...TELPOST, "setup", ...flags].join(
    " ",
  );
  const child = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
  const screen = { text: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    screen.text += text;
  });
  const ended = once(child, "close").then(([code]) => code as number);
  const answer = async (question: string, text: string) => {
    await until(() => screen.text.includes(question), `"${question}" is asked: ${screen.text}`);
    screen.text = screen.text.slice(screen.text.indexOf(question) + question.length);
    child.stdin.write(text);
  };
  onTestFinished(() => void child.kill("SIGKILL"));
  return { screen, ended, answer, type: (text: string) => child.stdin.write(text) };
}

describeWith(["script"], "telpost setup at a terminal", () => {
  const flags = () => ["--config", at("telpost.yaml"), "--no-start", ...places()];

  it("asks in words, takes no wrong answer, and keeps to 80 columns", async () => {
    const { screen, ended, answer } = atTerminal(flags());
    const all: string[] = [];
    for (const [question, text] of [
      ["City (tenant), such as denhaag:", "Den Haag\n"],
      ["Use 1 to 32 of a-z, 0-9 and -.", ""],
      ["City (tenant), such as denhaag:", "denhaag\n"],
      ["Site, such as scheveningen:", "scheveningen\n"],
      ["This gateway, such as gw07:", "gw07\n"],
      ["Broker, such as", "mqtts://mqtt.city.example\n"],
      ["(y/n) [n]:", "y\n"],
    ] as const) {
      all.push(screen.text);
      await answer(question, text);
    }
    // No sensor yet: nothing is written, and what to do is said.
    expect(await ended).toBe(3);
    expect(screen.text).toContain("sensors");
    expect(readdirSync(folder)).toEqual([]);
    const long = [...all, screen.text]
      .flatMap((text) => text.split(/\r?\n/))
      .filter((line) => line.length > 80);
    expect(long.filter((line) => !line.includes(folder) && !line.includes("config.invalid"))).toEqual([]);
  });

  it("leaves nothing half written at Ctrl-C", async () => {
    const { screen, ended, answer, type } = atTerminal(flags());
    await answer("City (tenant), such as denhaag:", "denhaag\n");
    await until(() => screen.text.includes("Site, such as"), "the next question");
    type("\x03");
    expect(await ended).toBe(2);
    expect(screen.text).toContain("setup.stopped");
    expect(readdirSync(folder)).toEqual([]);
  });

  it("stops listening at Ctrl-C and lets go of the port", async () => {
    speak("generic-jsonl");
    const listening = answers().concat(flags());
    const { screen, ended, type } = atTerminal(listening);
    await until(() => screen.text.includes(" baud"), "it listens");
    type("\x03");
    expect(await ended).toBe(2);
    expect(readdirSync(folder)).toEqual(["answers.yaml"]);
  });
});
