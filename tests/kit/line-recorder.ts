import type { ErrorCode } from "../../src/base/errors.ts";
import type { Levels } from "../../src/model.ts";
import type { Edge, LineListener } from "../../src/sense/line/port.ts";

type Told =
  | { readonly kind: "up"; readonly levels: Levels; readonly atMs: number }
  | { readonly kind: "bytes"; readonly atMs: number }
  | { readonly kind: "down"; readonly code: ErrorCode; readonly atMs: number }
  | { readonly kind: "edge"; readonly edge: Edge; readonly atMs: number }
  | { readonly kind: "lost"; readonly edges: number; readonly atMs: number };

/** Writes down what a line tells. `onBytes` runs inside the call that delivers bytes. */
export class LineRecorder implements LineListener {
  readonly told: Told[] = [];
  readonly #chunks: Buffer[] = [];
  bytesHeard = 0;
  onBytes: () => void = () => {};

  up(atMs: number, levels: Levels): void {
    this.told.push({ kind: "up", levels, atMs });
  }

  down(code: ErrorCode, atMs: number): void {
    this.told.push({ kind: "down", code, atMs });
  }

  bytes(chunk: Uint8Array, atMs: number): void {
    this.told.push({ kind: "bytes", atMs });
    this.#chunks.push(Buffer.from(chunk));
    this.bytesHeard += chunk.length;
    this.onBytes();
  }

  edge(edge: Edge): void {
    this.told.push({ kind: "edge", edge, atMs: edge.atMs });
  }

  lost(edges: number, atMs: number): void {
    this.told.push({ kind: "lost", edges, atMs });
  }

  /** How often anything was heard, bytes or edges. */
  get heardThings(): number {
    return this.told.filter(({ kind }) => kind === "bytes" || kind === "edge").length;
  }

  /** All edges, in the order they came. */
  get edges(): Edge[] {
    return this.told.flatMap((one) => (one.kind === "edge" ? [one.edge] : []));
  }

  /** How many edges were told as lost. */
  get edgesLost(): number {
    return this.told.reduce((sum, one) => sum + (one.kind === "lost" ? one.edges : 0), 0);
  }

  /** All bytes, in the order they came. */
  get heard(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** The levels at each opening. */
  get openings(): Levels[] {
    return this.told.flatMap((one) => (one.kind === "up" ? [one.levels] : []));
  }

  get ups(): number {
    return this.told.filter(({ kind }) => kind === "up").length;
  }

  get downs(): ErrorCode[] {
    return this.told.flatMap((one) => (one.kind === "down" ? [one.code] : []));
  }
}
