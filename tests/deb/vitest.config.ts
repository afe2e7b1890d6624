import { defineConfig } from "vitest/config";

/** What is too slow for `npm test`: packages as they are released, on a machine that boots. `npm run test:deb` */
export default defineConfig({
  test: {
    include: ["tests/deb/**/*.deb.ts"],
    root: new URL("../..", import.meta.url).pathname,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Each file builds packages or boots a machine: one after the other.
    fileParallelism: false,
    bail: 1,
  },
});
