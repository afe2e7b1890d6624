import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openChip } from "../../src/base/native/gpio.ts";
import {
  GPIO_FLAG,
  GPIO_IOCTL,
  GPIO_LAYOUT,
  outputBytes,
  QUEUE_EVENTS,
  readEvent,
  requestBytes,
} from "../../src/base/native/gpio-structs.ts";
import { describeWith } from "../kit/programs.ts";
import { descriptorsOf } from "../kit/pty.ts";

const place = (struct: string, field: string) => `offsetof(struct ${struct}, ${field})`;
const REQUEST = "gpio_v2_line_request";
const EVENT = "gpio_v2_line_event";

/** Every number of the layout as C says it. */
const IN_C = {
  chipInfo: {
    bytes: "sizeof(struct gpiochip_info)",
    label: place("gpiochip_info", "label"),
    lines: place("gpiochip_info", "lines"),
  },
  lineInfo: {
    bytes: "sizeof(struct gpio_v2_line_info)",
    name: place("gpio_v2_line_info", "name"),
    consumer: place("gpio_v2_line_info", "consumer"),
    offset: place("gpio_v2_line_info", "offset"),
    flags: place("gpio_v2_line_info", "flags"),
  },
  request: {
    bytes: `sizeof(struct ${REQUEST})`,
    consumer: place(REQUEST, "consumer"),
    flags: place(REQUEST, "config.flags"),
    attributeCount: place(REQUEST, "config.num_attrs"),
    attributes: place(REQUEST, "config.attrs"),
  },
  requestEnd: {
    lineCount: place(REQUEST, "num_lines"),
    bufferSize: place(REQUEST, "event_buffer_size"),
    fd: place(REQUEST, "fd"),
  },
  attribute: {
    bytes: "sizeof(struct gpio_v2_line_config_attribute)",
    id: place("gpio_v2_line_config_attribute", "attr.id"),
    value: place("gpio_v2_line_config_attribute", "attr.debounce_period_us"),
    mask: place("gpio_v2_line_config_attribute", "mask"),
  },
  values: {
    bytes: "sizeof(struct gpio_v2_line_values)",
    bits: place("gpio_v2_line_values", "bits"),
    mask: place("gpio_v2_line_values", "mask"),
  },
  event: {
    bytes: `sizeof(struct ${EVENT})`,
    time: place(EVENT, "timestamp_ns"),
    id: place(EVENT, "id"),
    offset: place(EVENT, "offset"),
    lineSeqno: place(EVENT, "line_seqno"),
  },
} satisfies Record<keyof typeof GPIO_LAYOUT, unknown>;

const NUMBERS_IN_C = {
  ioctl: {
    chipInfo: "GPIO_GET_CHIPINFO_IOCTL",
    lineInfo: "GPIO_V2_GET_LINEINFO_IOCTL",
    request: "GPIO_V2_GET_LINE_IOCTL",
    values: "GPIO_V2_LINE_GET_VALUES_IOCTL",
    setValues: "GPIO_V2_LINE_SET_VALUES_IOCTL",
  },
  flag: {
    used: "GPIO_V2_LINE_FLAG_USED",
    activeLow: "GPIO_V2_LINE_FLAG_ACTIVE_LOW",
    input: "GPIO_V2_LINE_FLAG_INPUT",
    output: "GPIO_V2_LINE_FLAG_OUTPUT",
    edgeRising: "GPIO_V2_LINE_FLAG_EDGE_RISING",
    edgeFalling: "GPIO_V2_LINE_FLAG_EDGE_FALLING",
    pullUp: "GPIO_V2_LINE_FLAG_BIAS_PULL_UP",
    pullDown: "GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN",
    biasDisabled: "GPIO_V2_LINE_FLAG_BIAS_DISABLED",
  },
  other: {
    debounce: "GPIO_V2_LINE_ATTR_ID_DEBOUNCE",
    rising: "GPIO_V2_LINE_EVENT_RISING_EDGE",
    queue: "GPIO_V2_LINES_MAX * 16",
    nameBytes: "GPIO_MAX_NAME_SIZE",
  },
};

/** What a C program prints of such a tree: the same tree with numbers. */
function asCSays(tree: object): unknown {
  const format = JSON.stringify(tree, (_, value) => (typeof value === "string" ? "%lu" : value)).replaceAll(
    '"%lu"',
    "%lu",
  );
  const values: string[] = [];
  JSON.stringify(tree, (_, value) => {
    if (typeof value === "string") values.push(`(unsigned long)(${value})`);
    return value;
  });
  const program = `#include <linux/gpio.h>
    #include <stddef.h>
    #include <stdio.h>
    int main() { printf(${JSON.stringify(format)}, ${values.join(", ")}); }`;
  const folder = mkdtempSync(join(tmpdir(), "telpost-gpio-"));
  execFileSync("gcc", ["-x", "c", "-", "-o", join(folder, "layout")], { input: program });
  const out = execFileSync(join(folder, "layout")).toString();
  rmSync(folder, { recursive: true });
  return JSON.parse(out);
}

describeWith(["gcc"], "the GPIO structs of the C headers of this machine", () => {
  test("have the layout that is read and written", () => {
    expect(asCSays(IN_C)).toEqual(GPIO_LAYOUT);
  });

  test("come with these numbers", () => {
    expect(asCSays(NUMBERS_IN_C)).toEqual({
      ioctl: GPIO_IOCTL,
      flag: GPIO_FLAG,
      other: { debounce: 3, rising: 1, queue: QUEUE_EVENTS, nameBytes: 32 },
    });
  });
});

test("a request asks for both edges, the longest queue, and debouncing of every line", () => {
  const lines = { offsets: [17, 27], bias: "pull-up", activeLow: true, debounceMs: 10 } as const;
  const bytes = requestBytes({ ...lines, consumer: "telpost" });
  expect([bytes.readUInt32LE(0), bytes.readUInt32LE(4), bytes.readUInt32LE(560)]).toEqual([17, 27, 2]);
  expect(bytes.toString("latin1", 256, 264)).toBe("telpost\0");
  expect(bytes.readBigUInt64LE(288)).toBe(0x136n);
  // One attribute: debounce, in microseconds, for the first and the second line asked for.
  expect([bytes.readUInt32LE(296), bytes.readUInt32LE(320), bytes.readUInt32LE(328)]).toEqual([1, 3, 10_000]);
  expect(bytes.readBigUInt64LE(336)).toBe(3n);
  expect(bytes.readUInt32LE(564)).toBe(1024);
});

test("a request without bias, debouncing and active-low asks for none of them", () => {
  const lines = { offsets: [0], bias: "as-is", activeLow: false, debounceMs: 0 } as const;
  const bytes = requestBytes({ ...lines, consumer: "telpost" });
  expect([bytes.readBigUInt64LE(288), bytes.readUInt32LE(296)]).toEqual([0x34n, 0]);
});

test("a line to drive is asked for as an output alone, inactive at first", () => {
  const bytes = outputBytes({ offset: 22, activeLow: true, consumer: "telpost" });
  expect([bytes.readUInt32LE(0), bytes.readUInt32LE(560), bytes.readUInt32LE(564)]).toEqual([22, 1, 0]);
  expect(bytes.toString("latin1", 256, 264)).toBe("telpost\0");
  // Output and active-low; no attribute, so that the value is 0.
  expect([bytes.readBigUInt64LE(288), bytes.readUInt32LE(296)]).toEqual([0xan, 0]);
});

test("an event is read with its time in milliseconds", () => {
  const bytes = Buffer.alloc(GPIO_LAYOUT.event.bytes);
  bytes.writeBigUInt64LE(1_234_567_890n, 0);
  bytes.writeUInt32LE(2, 8);
  bytes.writeUInt32LE(17, 12);
  bytes.writeUInt32LE(0xffffffff, 20);
  expect(readEvent(bytes)).toEqual({ offset: 17, level: 0, atMs: 1234.56789, lineSeqno: 0xffffffff });
});

test("what is no GPIO chip is refused, and nothing stays open", () => {
  const descriptors = () => descriptorsOf(/^\/dev\/null$/);
  openRefused();
  const before = descriptors();
  openRefused();
  expect(descriptors()).toBe(before);
});

function openRefused(): void {
  expect(() => openChip("/dev/null")).toThrow(expect.objectContaining({ code: "ENOTTY" }));
}
