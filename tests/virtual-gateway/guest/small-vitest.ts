import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";

/**
 * As much of vitest as the contract tests use, on node:test: one file that starts on a slow machine. A matcher that is
 * missing here fails the test that calls it.
 */
export { afterEach, beforeEach, describe } from "node:test";

type Body = (...args: never[]) => unknown;

const each = (rows: readonly (readonly unknown[])[]) => (title: string, body: Body) => {
  for (const row of rows) {
    const parts = [...row];
    const name = title.replaceAll(/%[sj]/g, (kind) => {
      const part = parts.shift();
      return kind === "%j" ? JSON.stringify(part) : String(part);
    });
    nodeTest(name, () => body(...(row as never[])) as Promise<void>);
  }
};

export const test = Object.assign((title: string, body: () => Promise<void>) => void nodeTest(title, body), {
  each,
});

export function expect(actual: unknown) {
  return {
    toBe: (wanted: unknown) => assert.equal(actual, wanted),
    toEqual: (wanted: unknown) => assert.deepEqual(actual, wanted),
    toMatchObject: (wanted: object) => assert.partialDeepStrictEqual(actual, wanted),
    toHaveLength: (wanted: number) => assert.equal((actual as { length: number }).length, wanted),
    toBeGreaterThanOrEqual: (least: number) => assert.ok((actual as number) >= least, `${actual} < ${least}`),
    toBeLessThanOrEqual: (most: number) => assert.ok((actual as number) <= most, `${actual} > ${most}`),
  };
}
