import { defineConfig } from "vitest/config";

const UNITS = "tests/unit/**/*.test.ts";

export default defineConfig({
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Three on two cores: many tests wait for windows to close, and sensors that are silent for a second are found out.
    maxWorkers: 3,
    globalSetup: "tests/kit/bundled.ts",
    projects: [
      { extends: true, test: { name: "parts", include: ["tests/**/*.test.ts"], exclude: [UNITS] } },
      // Units leave nothing behind in their process, so that the next file goes on in it: 0.4 s of CPU a file.
      { extends: true, test: { name: "units", include: [UNITS], isolate: false } },
    ],
  },
});
