import { defineConfig } from "vitest/config";

/** Each of these starts processes, or measures its own. */
const APART = [
  "tests/{e2e,faults}/**/*.test.ts",
  "tests/property/devices.test.ts",
  "tests/privacy/{live,p01-devices,p05-once,p15-walk-test,p17-commands}.test.ts",
];

export default defineConfig({
  test: {
    // Only to end what hangs: ten times what the longest test of one part takes on a quiet machine.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // Three on two cores: many tests wait for windows to close, and sensors that are silent for a second are found out.
    maxWorkers: 3,
    globalSetup: "tests/kit/bundled.ts",
    setupFiles: "tests/kit/seed.ts",
    projects: [
      { extends: true, test: { name: "parts", include: APART } },
      // The others leave nothing behind in their process, so that the next file goes on in it: 0.4 s of CPU a file.
      {
        extends: true,
        test: { name: "units", include: ["tests/**/*.test.ts"], exclude: APART, isolate: false },
      },
    ],
  },
});
