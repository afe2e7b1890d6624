import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { openPty, type Pty } from "../../src/base/native/pty.ts";
import { TELPOST } from "./telpost.ts";
import { until } from "./until.ts";

/** A person at a real terminal who runs a command of telpost. The terminal is raw: nothing is echoed or edited. */
export class TerminalPerson {
  readonly child: ChildProcess;
  /** What stands on the screen. */
  screen = "";
  readonly #pty: Pty;
  readonly #gone: Promise<unknown>;

  constructor(args: readonly string[]) {
    this.#pty = openPty();
    this.#pty.onData((bytes) => {
      this.screen += Buffer.from(bytes).toString();
    });
    const fd = openSync(this.#pty.path, "r+");
    this.child = spawn("sh", [...TELPOST, ...args], { stdio: [fd, fd, fd] });
    this.#gone = once(this.child, "exit");
    closeSync(fd);
  }

  /** Waits until something stands on the screen, in whichever lines. */
  async reads(text: string): Promise<void> {
    const screen = () => this.screen.replaceAll(/\s+/g, " ");
    await until(() => screen().includes(text), `"${text}" on the screen, which shows ${this.screen}`);
  }

  types(line: string): void {
    this.#pty.write(Buffer.from(`${line}\n`));
  }

  /** Reads a question and answers it. */
  async answers(question: string, answer: string): Promise<void> {
    await this.reads(question);
    this.types(answer);
  }

  /** The line breaks: a network cable pulled, a window closed. */
  hangsUp(): void {
    this.#pty.close();
  }

  /** The exit code of the command. */
  async ended(): Promise<number | null> {
    await this.#gone;
    return this.child.exitCode;
  }

  dispose(): void {
    this.child.kill("SIGKILL");
    this.#pty.close();
  }
}
