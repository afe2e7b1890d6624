import { chmodSync, lstatSync, unlinkSync } from "node:fs";
import { connect, type Server } from "node:net";
import { type ErrorCode, TelpostError } from "./errors.ts";

/**
 * Listens on a Unix socket, replacing the leftover of a process that died.
 * @param mode permissions of the socket, such as 0o660
 * @throws TelpostError `inUse` when a living process listens there; socket.unusable when no socket can be made there
 */
export async function listenOnSocket(
  server: Server,
  path: string,
  mode: number,
  inUse: ErrorCode,
): Promise<void> {
  try {
    if (isSocket(path)) await removeLeftover(path, inUse);
    await listenOnce(server, path);
    chmodSync(path, mode);
  } catch (failure) {
    if (failure instanceof TelpostError) throw failure;
    const { code } = failure as NodeJS.ErrnoException;
    throw new TelpostError("socket.unusable", `${path}: ${code}`, { cause: failure });
  }
}

function isSocket(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSocket() ?? false;
}

async function removeLeftover(path: string, inUse: ErrorCode): Promise<void> {
  if (await isListening(path)) throw new TelpostError(inUse, path);
  unlinkSync(path);
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

/** Only a refused connection proves that nobody listens; a denied one or a full queue does not (connect(2), unix(7)). */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const done = (listening: boolean) => {
      socket.destroy();
      resolve(listening);
    };
    socket.once("connect", () => done(true));
    socket.once("error", (error: NodeJS.ErrnoException) => done(error.code !== "ECONNREFUSED"));
  });
}
