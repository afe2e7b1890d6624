import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import type { Authority, Issued } from "./certificates.ts";
import { freePort } from "./ports.ts";

/** A real Mosquitto on a free loopback port. */
export interface Mosquitto {
  readonly port: number;
  /** Ends it cleanly, keeping its folder. */
  pause(): Promise<void>;
  /** Starts it again on the same port. */
  resume(): Promise<void>;
  /** Makes it read its ACL again, as `systemctl reload` does. */
  reload(): void;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Without TLS and without a login, plus further lines of configuration. */
export async function startPlainMosquitto(lines: readonly string[] = []): Promise<Mosquitto> {
  const port = freePort();
  return start(port, [`listener ${port} 127.0.0.1`, "allow_anonymous true", ...lines]);
}

const SHIPPED_ACL = new URL("../../deploy/mosquitto/acl", import.meta.url).pathname;

/** With the configuration of `deploy/mosquitto` and its ACL or another, only port and paths changed. */
export async function startTlsMosquitto(
  { ca }: Authority,
  { cert, key }: Issued,
  acl = SHIPPED_ACL,
): Promise<Mosquitto> {
  const port = freePort();
  const shipped = readFileSync(new URL("../../deploy/mosquitto/telpost.conf", import.meta.url), "utf8");
  const text = shipped
    .replace("listener 8883", `listener ${port} 127.0.0.1`)
    .replace("/etc/mosquitto/telpost/ca.pem", ca)
    .replace("/etc/mosquitto/telpost/server.pem", cert)
    .replace("/etc/mosquitto/telpost/server.key", key)
    .replace("/etc/mosquitto/telpost/acl", acl)
    .replace("persistence true", "persistence false");
  return start(port, [text]);
}

async function start(port: number, lines: readonly string[]): Promise<Mosquitto> {
  const folder = mkdtempSync(join(tmpdir(), "telpost-mosquitto-"));
  const file = join(folder, "mosquitto.conf");
  // As root it would change to the user mosquitto, who cannot read the test's files.
  const user = process.getuid?.() === 0 ? ["user root"] : [];
  writeFileSync(file, [...user, `persistence_location ${folder}/`, ...lines, ""].join("\n"));
  let child = await run(file, port);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, "exit");
  };
  const resume = async () => {
    child = await run(file, port);
  };
  const stop = async () => {
    await end("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  };
  // One after the other: whoever is killed while it starts would leave a broker that nobody knows.
  let last: Promise<void> = Promise.resolve();
  const inTurn = (step: () => Promise<void>) => {
    last = last.then(step, step);
    return last;
  };
  return {
    port,
    pause: () => inTurn(() => end("SIGTERM")),
    reload: () => void child.kill("SIGHUP"),
    kill: () => inTurn(() => end("SIGKILL")),
    resume: () => inTurn(resume),
    stop: () => inTurn(stop),
  };
}

async function run(file: string, port: number): Promise<ChildProcess> {
  const path = `${process.env.PATH ?? ""}:/usr/sbin:/usr/local/sbin`;
  const child = spawn("mosquitto", ["-c", file], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH: path },
  });
  const orphaned = () => child.kill("SIGKILL");
  process.once("exit", orphaned);
  child.once("exit", () => process.off("exit", orphaned));
  let said = "";
  child.stderr?.on("data", (text) => {
    said = (said + text).slice(-4000);
  });
  for (let tries = 0; tries < 500; tries++) {
    if (child.exitCode !== null) throw new Error(`mosquitto ended with ${child.exitCode}: ${said}`);
    if (await accepts(port)) return child;
    await wait(20);
  }
  child.kill("SIGKILL");
  throw new Error(`mosquitto does not accept connections: ${said}`);
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
