import { chmodSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { type ErrorCode, TelpostError } from "./errors.ts";

/**
 * Listens on a Unix socket, replacing the leftover of a process that died.
 * @param mode permissions of the socket, such as 0o660
 * @throws TelpostError `inUse` when a living process listens there
 */
export async function listenOnSocket(server: Server, path: string, mode: number, inUse: ErrorCode): Promise<void> {
  try {
    await listenOnce(server, path);
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== "EADDRINUSE") throw failure;
    if (await answers(path)) throw new TelpostError(inUse, path);
    unlinkSync(path);
    await listenOnce(server, path);
  }
  chmodSync(path, mode);
}

function listenOnce(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (alive: boolean) => {
      socket.destroy();
      resolve(alive);
    };
    socket.once("connect", () => done(true));
    socket.once("error", () => done(false));
  });
}
