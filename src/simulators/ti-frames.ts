/**
 * Frames as TI's people counting firmware sends them, written from the structs of its mss_main.c (radar toolbox 1.00.00.26
 * and industrial toolbox 4.10.1, 3D_People_Counting).
 */

export interface TiTarget {
  readonly id: number;
  readonly x: number;
  readonly y: number;
  readonly z?: number;
  readonly velocity?: readonly [number, number, number];
}

export interface TiFrameOptions {
  /** Length of the header: 40 for the radar toolbox, 48 for the industrial toolbox. */
  readonly dialect: 40 | 48;
  readonly number: number;
  readonly targets: readonly TiTarget[];
  /** Points of the cloud; they come before the targets. */
  readonly points?: number;
  /** Adds height records and the presence word (40 only). */
  readonly extras?: boolean;
}

/** One TLV: type and payload. */
export type Tlv = readonly [number, Uint8Array];

export function tiFrame({
  dialect,
  number,
  targets,
  points = 5,
  extras = false,
}: TiFrameOptions): Uint8Array {
  const types = dialect === 40 ? { points: 1020, list: 1010, index: 1011 } : { points: 6, list: 7, index: 8 };
  const some = targets.length > 0;
  const tlvs: Tlv[] = [];
  if (points > 0) tlvs.push([types.points, cloud(points)]);
  if (some) tlvs.push([types.list, targetList(targets)]);
  if (some && extras && dialect === 40) tlvs.push([1012, new Uint8Array(targets.length * 12).fill(1)]);
  if (some && points > 0) tlvs.push([types.index, new Uint8Array(points).map((_, at) => (at % 3 ? 254 : 0))]);
  if (extras) tlvs.push([dialect === 40 ? 1021 : 11, Uint8Array.of(some ? 1 : 0, 0, 0, 0)]);
  return frameOf(dialect, number, tlvs);
}

/** A frame with any TLVs. */
export function frameOf(dialect: 40 | 48, number: number, tlvs: readonly Tlv[]): Uint8Array {
  const bodies = tlvs.map(([type, payload]) => {
    const tlv = new Uint8Array(8 + payload.length);
    const view = new DataView(tlv.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, payload.length + (dialect === 48 ? 8 : 0), true);
    tlv.set(payload, 8);
    return tlv;
  });
  const length = dialect + bodies.reduce((sum, { length }) => sum + length, 0);
  const frame = new Uint8Array(length);
  frame.set([2, 1, 4, 3, 6, 5, 8, 7]);
  const view = new DataView(frame.buffer);
  view.setUint32(8, 0x0305_0004, true);
  view.setUint32(12, length, true);
  view.setUint32(16, 0x000a_6843, true);
  view.setUint32(20, number, true);
  if (dialect === 40) view.setUint32(32, tlvs.length, true);
  else {
    view.setUint32(28, 8873, true);
    view.setUint32(32, 224, true);
    view.setUint32(36, 4062, true);
    view.setUint16(44, tlvs.length, true);
    seal(frame);
  }
  let at = dialect as number;
  for (const body of bodies) {
    frame.set(body, at);
    at += body.length;
  }
  return frame;
}

/** Puts the right checksum into a long header: as the firmware does, the complement of the sum of the other words. */
export function seal(frame: Uint8Array): void {
  const view = new DataView(frame.buffer, frame.byteOffset);
  view.setUint16(46, 0, true);
  let sum = 0;
  for (let at = 0; at < 48; at += 2) sum += view.getUint16(at, true);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(46, ~sum & 0xffff, true);
}

export function targetList(targets: readonly TiTarget[]): Uint8Array {
  const list = new Uint8Array(targets.length * 112);
  const view = new DataView(list.buffer);
  for (const [at, { id, x, y, z = 1.2, velocity = [0.5, -0.25, 0] }] of targets.entries()) {
    view.setUint32(at * 112, id, true);
    for (const [place, value] of [x, y, z, ...velocity, 0.1, 0.1, 0].entries())
      view.setFloat32(at * 112 + 4 + place * 4, value, true);
    for (let place = 10; place < 26; place++)
      view.setFloat32(at * 112 + place * 4, place === 10 ? 1 : 0.125, true);
    view.setFloat32(at * 112 + 104, 3, true);
    view.setFloat32(at * 112 + 108, 0.75, true);
  }
  return list;
}

/** Five units of float32, then points of 8 bytes: one of the two cloud formats, and as good as any payload here. */
function cloud(points: number): Uint8Array {
  return new Uint8Array(20 + points * 8).map((_, at) => (at * 37) & 0xff);
}
