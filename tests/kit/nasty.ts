import { frameOf, seal } from "../../src/simulators/ti-frames.ts";
import { Dice } from "./dice.ts";
import { hex, text } from "./talk.ts";

/** Streams that ask most of a decoder and bring nothing. */

export const NASTY_BYTES = 64 * 1024;

const MAGIC = hex("0201040306050807");

/** A piece over and over. */
export function flood(piece: Uint8Array, length = NASTY_BYTES): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => piece[at % piece.length] ?? 0);
}

/** The beginning of a frame that promises much, then bytes that are not it. */
function promise(head: Uint8Array, size: number, filler: Uint8Array): Uint8Array {
  const piece = flood(filler, size);
  piece.set(head);
  return flood(piece);
}

/** A TI frame of the greatest length, whose last TLV is of no known kind: that shows only at its very end. */
function tiPromise(dialect: 40 | 48): Uint8Array {
  const around = dialect + 8 + 8;
  const long = dialect === 40 ? 1020 : 6;
  const frame = frameOf(dialect, 1, [
    [long, new Uint8Array(16_384 - around).fill(2)],
    [0xff_ffff, new Uint8Array(0)],
  ]);
  if (dialect === 48) seal(frame);
  return flood(frame);
}

/** For every decoder. */
const COMMON: Readonly<Record<string, Uint8Array>> = {
  zeros: new Uint8Array(NASTY_BYTES),
  "0xFF": flood(hex("ff")),
  "random bytes": new Dice(7).bytes(NASTY_BYTES),
  "random letters": new Dice(8).bytes(NASTY_BYTES).map((byte) => 0x20 + (byte % 0x5f)),
  "ends of lines": flood(text("\r\n")),
  "{": flood(text("{")),
  "[": flood(text("[")),
};

const JSON_TEXT: Readonly<Record<string, Uint8Array>> = {
  "{ on each line": flood(text("{\n")),
  "broken objects": flood(text("{x}\n")),
  "{} on each line": flood(text("{}\r\n")),
  "an object that never ends": promise(text('\n{"a":"'), NASTY_BYTES, text("x")),
  "deep nesting": promise(text("\n"), 4000, text('{"a":[')),
  "backslashes in a string": promise(text('\n{"a":"'), 8000, text("\\")),
  commas: promise(text('\n{"a":['), 8000, text("1,")),
};

/** For one decoder, besides. */
const OWN: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  "benewake-tfmini": { "59 59": flood(hex("59")), "59 00": flood(hex("595900")) },
  "dfrobot-c4001": {
    $: flood(text("$")),
    "sentences without end": promise(text("$DFDMD,1"), 96, text(",")),
    "empty sentences": flood(text("$*")),
    "columns only": promise(text("$DFDMD,"), 90, text(",*")),
  },
  "ebyte-e8xx-pulse": {
    "the head of the answer": flood(hex("010304")),
    "a broken answer": flood(hex("010304001000030000")),
  },
  "hilink-ld2450": {
    "sync of reports": flood(hex("aaff0300")),
    "reports that cannot be": promise(hex("aaff0300"), 30, hex("55cc")),
    "sync of answers": flood(hex("fdfcfbfa")),
    "the longest answer": promise(hex("fdfcfbfa4000"), 74, hex("fd")),
    "the longest answer, sync inside": promise(hex("fdfcfbfa4000"), 20, hex("aaff0300")),
  },
  "icoms-tma-3b3": {
    "02 99": flood(hex("0299")),
    "messages that cannot be": promise(hex("0299"), 19, hex("03")),
  },
  "icpdas-dcon-counter": {
    ">": flood(text(">")),
    ">0 on each line": flood(text(">0\r")),
    "half echoes": flood(text("#01")),
  },
  "modbus-counter": {
    "the head of the answer": flood(hex("010308")),
    "a broken answer": promise(hex("010308"), 13, hex("00")),
  },
  "omnipresense-ops243": JSON_TEXT,
  "sscma-camera": JSON_TEXT,
  "generic-jsonl": JSON_TEXT,
  "generic-csv": {
    commas: flood(text(",")),
    "short rows": flood(text(",\n")),
    "rows of commas": promise(text("\n"), 32_000, text(",")),
  },
  "terabee-people-counter": {
    DD: flood(text("D")),
    PC: flood(text("PC")),
    "frames with a wrong check value": promise(text("PC"), 15, text("D")),
  },
  "ti-iwr6843": {
    "magic words": flood(MAGIC),
    "02": flood(hex("02")),
    "magic words but for the last byte": flood(MAGIC.subarray(0, 7)),
    "the longest frame, dialect 40": tiPromise(40),
    "the longest frame, dialect 48": tiPromise(48),
    "headers that promise 16 KiB": promise(tiPromise(40).subarray(0, 40), 48, hex("01")),
  },
};

/** The worst inputs of one decoder, by names for people. */
export function nastyFor(id: string): Readonly<Record<string, Uint8Array>> {
  return { ...COMMON, ...OWN[id.split(" ")[0] ?? id] };
}

/** Whether every decoder gets this input. */
export const isCommon = (name: string) => name in COMMON;
