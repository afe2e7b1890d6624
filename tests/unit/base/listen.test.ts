import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listenOnSocket } from "../../../src/base/listen.ts";

let folder: string;
const servers: Server[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "telpost-listen-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, "one.sock");

async function listen(at = path(), mode = 0o660): Promise<void> {
  const server = createServer((socket) => socket.end());
  await listenOnSocket(server, at, mode, "control.in_use");
  servers.push(server);
}

it("gives the socket its mode whatever the umask", async () => {
  const umask = process.umask(0o077);
  try {
    await listen();
  } finally {
    process.umask(umask);
  }
  expect(statSync(path()).mode & 0o777).toBe(0o660);
});

it("refuses a path where a living process listens, and leaves its socket alone", async () => {
  await listen();
  await expect(listen()).rejects.toMatchObject({ code: "control.in_use", detail: path() });
  const client = connect(path());
  await once(client, "connect");
  client.destroy();
});

it("replaces the leftover of a process that was killed", async () => {
  const script = `require("node:net").createServer().listen(${JSON.stringify(path())}, () => console.log("up"))`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(existsSync(path())).toBe(true);
  await listen();
});

it("never removes what is no socket", async () => {
  writeFileSync(path(), "somebody's file");
  await expect(listen()).rejects.toMatchObject({ code: "socket.unusable", detail: `${path()}: EADDRINUSE` });
  expect(existsSync(path())).toBe(true);
});

it("says in one error that the folder is missing or the path too long", async () => {
  await expect(listen(join(folder, "missing", "a.sock"))).rejects.toMatchObject({
    code: "socket.unusable",
    message: expect.stringMatching(/a\.sock: (ENOENT|EACCES)/),
  });
  await expect(listen(join(folder, "x".repeat(150)))).rejects.toMatchObject({ code: "socket.unusable" });
});
