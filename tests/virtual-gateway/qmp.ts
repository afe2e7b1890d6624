import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
  readonly id?: number;
}

/** QEMU's control socket (QEMU Machine Protocol, qemu.org/docs: qmp-spec). */
export class Qmp {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #asked = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("error", () => socket.destroy());
    createInterface({ input: socket }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    });
  }

  static async connect(path: string): Promise<Qmp> {
    const socket = connect(path);
    await once(socket, "connect");
    const qmp = new Qmp(socket);
    await qmp.execute("qmp_capabilities");
    return qmp;
  }

  /** @throws with QEMU's words */
  async execute(command: string, args: object = {}): Promise<unknown> {
    const id = ++this.#asked;
    const answer = await new Promise<Answer>((resolve, reject) => {
      this.#waiting.set(id, resolve);
      this.#socket.once("close", () => reject(new Error(`${command}: QEMU has gone`)));
      this.#socket.write(`${JSON.stringify({ execute: command, arguments: args, id })}\n`);
    });
    this.#waiting.delete(id);
    if (answer.error) throw new Error(`${command}: ${answer.error.desc}`);
    return answer.return;
  }

  close(): void {
    this.#socket.destroy();
  }
}
