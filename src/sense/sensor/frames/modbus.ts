/** The answer that the next bytes should bring. */
export interface ExpectedAnswer {
  /** The address of the asked device, 1 to 247. */
  readonly unit: number;
  /** The function code of the request: 1 to 6, 15 or 16. */
  readonly fc: number;
  /** What the byte count of the answer must say: 2 per register. Means nothing for functions 5, 6, 15 and 16. */
  readonly bytes: number;
  /** The request as it was sent, with its CRC: its echo on RS-485 is then known, and a write must be confirmed by it. */
  readonly request?: Uint8Array | undefined;
}
