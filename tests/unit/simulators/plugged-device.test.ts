import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SystemClock } from "../../../src/base/clock.ts";
import { SerialLine } from "../../../src/sense/line/serial-line.ts";
import { SIMULATORS } from "../../../src/simulators/catalog.ts";
import { PluggedDevice } from "../../../src/simulators/plugged-device.ts";
import { until } from "../../kit/until.ts";
