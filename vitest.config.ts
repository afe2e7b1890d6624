import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Three on two cores: many tests wait for windows to close.
    maxWorkers: 3,
  },
});
