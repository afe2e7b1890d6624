import { connect, createServer, type Server, type Socket } from "node:net";
import { type ErrorCode, TelpostError } from "../base/errors.ts";
import { listenOnSocket } from "../base/listen.ts";

const MAX_LINE_CHARACTERS = 8192;
/** A terminal that stands still for longer has left: what is live must not pile up for it. */
const MAX_UNREAD_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 4;

/** JSON lines both ways over a Unix socket, until one side leaves. */
export class Conversation {
  readonly #socket: Socket;
  #rest = "";
  #closed = false;
  /** Lines that came before anybody listened. */
  #early: unknown[] = [];
  #onLine: ((value: unknown) => void) | undefined;
  #onClose: () => void = () => {};

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("error", () => {});
    socket.on("data", (chunk: string) => this.#take(chunk));
    socket.on("close", () => {
      this.#closed = true;
      this.#onClose();
    });
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Calls `fn` with each line; undefined for one that is no JSON. */
  onLine(fn: (value: unknown) => void): void {
    this.#onLine = fn;
    for (const value of this.#early.splice(0)) fn(value);
  }

  /** Calls `fn` when the other side has left. */
  onClose(fn: () => void): void {
    this.#onClose = fn;
    if (this.#closed) fn();
  }

  send(value: unknown): void {
    if (this.#closed) return;
    this.#socket.write(`${JSON.stringify(value)}\n`);
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) this.#socket.destroy();
  }

  /** Leaves, after what was sent. */
  end(): void {
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #take(chunk: string): void {
    const lines = (this.#rest + chunk).split("\n");
    this.#rest = lines.pop() ?? "";
    if (this.#rest.length > MAX_LINE_CHARACTERS) return void this.#socket.destroy();
    for (const line of lines) {
      const value = parsed(line);
      if (this.#onLine) this.#onLine(value);
      else this.#early.push(value);
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** Listens for conversations. Who may have one is decided by the permissions of the socket and its folder. */
export class ConversationServer {
  readonly #server: Server;
  readonly #path: string;
  readonly #sockets = new Set<Socket>();

  constructor(path: string, serve: (conversation: Conversation) => void) {
    this.#path = path;
    this.#server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
      serve(new Conversation(socket));
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** @throws TelpostError control.in_use when another process listens there, socket.unusable */
  async start(): Promise<void> {
    await listenOnSocket(this.#server, this.#path, 0o660, "control.in_use");
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/**
 * Begins a conversation with a running process.
 * @param denied what to fail with when the socket may not be opened
 * @throws TelpostError usage.not_running, or `denied`
 */
export function openConversation(path: string, denied: ErrorCode): Promise<Conversation> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const failed = ({ code }: NodeJS.ErrnoException) => {
      const isDenied = code === "EACCES" || code === "EPERM";
      reject(new TelpostError(isDenied ? denied : "usage.not_running", path));
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      socket.off("error", failed);
      resolve(new Conversation(socket));
    });
  });
}
