import type { Database, Statement } from "better-sqlite3";
import type { OfferOutcome } from "../ports.ts";

export type Refusal = Exclude<OfferOutcome, "kept">;

/** Newest refusals that are remembered. */
const MAX_REFUSED = 1024;

/** Numbers that were refused, so that each is declared once. */
export class RefusedTable {
  readonly #find: Statement<[string, number], Refusal>;
  readonly #add: Statement<[string, number, Refusal]>;
  readonly #prune: Statement<[]>;

  constructor(database: Database) {
    this.#find = database
      .prepare<[string, number], Refusal>("SELECT what FROM refused WHERE epoch = ? AND seq = ?")
      .pluck();
    this.#add = database.prepare("INSERT INTO refused (epoch, seq, what) VALUES (?, ?, ?)");
    this.#prune = database.prepare(
      `DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ${MAX_REFUSED}`,
    );
  }

  find(epoch: string, seq: number): Refusal | undefined {
    return this.#find.get(epoch, seq);
  }

  add(epoch: string, seq: number, what: Refusal): void {
    this.#add.run(epoch, seq, what);
  }

  /** Forgets the oldest refusals beyond the limit. */
  prune(): void {
    this.#prune.run();
  }
}
