import { expect, it } from "vitest";
import { FAULTS, type Sniffed } from "../../../src/sniff/sniffed.ts";
import { sniffLines } from "../../../src/sniff/text.ts";

const good: Sniffed = {
  sensor: "radar",
  profile: "hilink-ld2450",
  ports: ["/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0"],
  seconds: 10,
  hears: "frames",
  kinds: [{ name: "report", header: "AA FF 03 00", bytes: "30" }],
  timing: { since: "frame", least: 50, median: 100, most: 200 },
  nominalMs: 100,
  errors: "none",
  failures: [],
  talk: { asked: 0, timeouts: 0, refusals: 0, restarts: 0, echoes: false },
};
const none = { timing: null, errors: null, failures: [] };
const text = (change: Partial<Sniffed>) =>
  sniffLines({ ...good, ...change })
    .join(" ")
    .replaceAll(/ +/g, " ");

it("says what comes, how often, and that nothing is to do", () => {
  expect(sniffLines(good)).toEqual([
    "sensor      radar, profile hilink-ld2450, listened to for 10 s",
    `port        ${good.ports[0]}`,
    "hears       its frames",
    "frame       report: header AA FF 03 00; bytes: 30",
    "time        about 100 ms from frame to frame, from 50 to 200; its profile says",
    "            100 ms",
    "errors      none",
    "asked       nothing",
    "next        Nothing: the line is good.",
  ]);
});

it.each<[string, Partial<Sniffed>, RegExp]>([
  [
    "rubbish",
    { hears: "rubbish", ...none },
    /baud rate or the profile is wrong.*telpost probe \/dev\/serial/,
  ],
  ["silence", { hears: "nothing", ...none, talk: null }, /Check its power and cable.*TX goes to RX/],
  [
    "a bus without answers",
    { hears: "nothing", ...none, talk: { asked: 6, timeouts: 6, refusals: 0, restarts: 1, echoes: true } },
    /6 questions and commands, without an answer 6, started anew 1, the line echoes.*exchange A and B/,
  ],
  ["nothing asked", { hears: "not asked", ...none }, /--seconds 60/],
  [
    "refusals",
    { talk: { asked: 2, timeouts: 0, refusals: 2, restarts: 0, echoes: false } },
    /refused 2.*check its address and its registers/,
  ],
  [
    "lost bytes",
    { errors: "some", failures: [{ frame: "report", why: "tail", at: 28 }] },
    /report: it does not end as it should, byte 28.*get lost or damaged/,
  ],
  [
    "damaged bytes",
    { errors: "many", failures: [{ frame: "report", why: "check", at: 8 }] },
    /Bytes are damaged on the way/,
  ],
])("says what to do about %s", (_what, change, words) => {
  expect(text(change)).toMatch(words);
});

it("keeps to 80 characters, whatever is told", () => {
  const failures = FAULTS.map((why) => ({ frame: "answer", why, at: 12_345 }));
  for (const hears of ["frames", "rubbish", "nothing", "not asked"] as const) {
    const lines = sniffLines({ ...good, hears, errors: "many", failures });
    expect(lines.filter((line) => line.length > 80 && !line.includes("/dev/"))).toEqual([]);
  }
});
