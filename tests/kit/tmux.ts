import { execFileSync } from "node:child_process";
import type { Size } from "../../src/base/lines.ts";
import { until } from "./until.ts";

/** A look starts a process. */
const LOOK_MS = 100;

/** A real terminal, seen by nobody: tmux with a server of its own. */
export class Tmux {
  static #made = 0;
  readonly #server = `telpost-test-${process.pid}-${Tmux.#made++}`;

  /** @param command what runs in it; a shell, so that what stands behind a full screen can be seen again */
  constructor({ columns, rows }: Size, command: string) {
    this.#run("-f", "/dev/null", "new-session", "-d", "-x", `${columns}`, "-y", `${rows}`, command);
    this.#run("set-option", "-g", "status", "off");
    this.resize({ columns, rows });
  }

  /** What it shows, line by line, without blanks at the ends of lines. */
  screen(): string[] {
    return this.#run("capture-pane", "-p").trimEnd().split("\n");
  }

  type(text: string): void {
    this.#run("send-keys", "-l", text);
  }

  /** Keys by their names in tmux, such as `Enter`, `C-c` or `Down`. */
  press(...keys: readonly string[]): void {
    this.#run("send-keys", ...keys);
  }

  resize({ columns, rows }: Size): void {
    this.#run("resize-window", "-x", `${columns}`, "-y", `${rows}`);
  }

  /** Waits until a line fits. */
  async shows(pattern: RegExp): Promise<void> {
    let seen: string[] = [];
    const fits = () => {
      seen = this.screen();
      return seen.some((line) => pattern.test(line));
    };
    await until(fits, `${pattern} on the screen`, LOOK_MS).catch(() => {
      throw new Error(`${pattern} is not on the screen:\n${seen.join("\n")}`);
    });
  }

  /** Hangs up: everything in it gets SIGHUP. */
  close(): void {
    try {
      this.#run("kill-server");
    } catch {
      // It ended with its last command.
    }
  }

  #run(...args: readonly string[]): string {
    return execFileSync("tmux", ["-L", this.#server, ...args], { encoding: "utf8" });
  }
}
