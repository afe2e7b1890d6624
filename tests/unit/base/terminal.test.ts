import { describe, expect, it } from "vitest";
import type { Line } from "../../../src/base/lines.ts";
import { Terminal } from "../../../src/base/terminal.ts";

class FakeScreen {
  columns = 80;
  rows = 24;
  written = "";
  readonly listeners = new Set<() => void>();

  write(text: string): void {
    this.written += text;
  }

  on(_event: "resize", listener: () => void): void {
    this.listeners.add(listener);
  }

  off(_event: "resize", listener: () => void): void {
    this.listeners.delete(listener);
  }

  /** What was written since the last call. */
  take(): string {
    const text = this.written;
    this.written = "";
    return text;
  }
}

const lines = (...texts: string[]): Line[] => texts.map((text) => ({ text, tone: "plain" }));

describe("the terminal", () => {
  it("is entered once and given back once, cursor and screen", () => {
    const screen = new FakeScreen();
    const terminal = new Terminal(screen);
    terminal.enter();
    terminal.enter();
    expect(screen.take()).toBe("\x1b[?1049h\x1b[?25l\x1b[2J");
    terminal.leave();
    terminal.leave();
    expect(screen.take()).toBe("\x1b[0m\x1b[2J\x1b[H\x1b[?25h\x1b[?1049l");
    expect(screen.listeners.size).toBe(0);
  });

  it("is left alone when it was never entered", () => {
    const screen = new FakeScreen();
    new Terminal(screen).leave();
    expect(screen.take()).toBe("");
  });

  it("repaints only what changed", () => {
    const screen = new FakeScreen();
    const terminal = new Terminal(screen);
    terminal.paint(lines("one", "two", "three"));
    screen.take();
    terminal.paint(lines("one", "2", "three"));
    expect(screen.take()).toBe("\x1b[2;1H2\x1b[K");
    terminal.paint(lines("one", "2", "three"));
    expect(screen.take()).toBe("");
  });

  it("writes no more than it may at a time, and the rest with the next calls", () => {
    const screen = new FakeScreen();
    const terminal = new Terminal(screen);
    const long = lines("a".repeat(30), "b".repeat(30), "c");
    expect(terminal.paint(long, 60)).toBe(false);
    expect(screen.take()).toBe(`\x1b[1;1H\x1b[2K${"a".repeat(30)}\x1b[3;1H\x1b[2Kc`);
    expect(terminal.paint(long, 60)).toBe(true);
    expect(screen.take()).toBe(`\x1b[2;1H\x1b[2K${"b".repeat(30)}`);
  });

  it("repaints everything after a change of size", () => {
    const screen = new FakeScreen();
    const terminal = new Terminal(screen);
    terminal.enter();
    terminal.paint(lines("one", "two"));
    screen.columns = 120;
    for (const listener of screen.listeners) listener();
    screen.take();
    terminal.paint(lines("one", "two"));
    expect(screen.take()).toContain("one");
    expect(terminal.size).toEqual({ columns: 120, rows: 24 });
  });

  it("has the usual size where it tells none", () => {
    const screen = new FakeScreen();
    screen.columns = 0;
    expect(new Terminal(screen).size).toEqual({ columns: 80, rows: 24 });
  });
});
