/**
 * What a serial line brings to a reader at another baud rate: bits on the wire (start, eight data bits, stop; idle is 1),
 * sampled by the reader's own clock from each falling edge on.
 */
export function heardAt(bytes: Uint8Array, sentBaud: number, readBaud: number): Uint8Array {
  const wire = [...bytes].flatMap((byte) => [
    0,
    ...Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1),
    1,
  ]);
  const levelAt = (seconds: number) => wire[Math.floor(seconds * sentBaud)] ?? 1;
  const step = 1 / (16 * readBaud);
  const heard: number[] = [];
  for (let at = 0; at < wire.length / sentBaud; ) {
    if (levelAt(at) === 1) at += step;
    else {
      const bit = (index: number) => levelAt(at + (index + 1.5) / readBaud) << index;
      heard.push(Array.from({ length: 8 }, (_, index) => bit(index)).reduce((sum, one) => sum | one));
      at += 9.5 / readBaud;
    }
  }
  return Uint8Array.from(heard);
}
