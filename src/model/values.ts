/** The numbers of a window, and what is published of them. */

/** How full it is. */
export const CROWD_LEVELS = ["free", "busy", "crowded", "critical"] as const;
export type CrowdLevel = (typeof CROWD_LEVELS)[number];

/** Passages in each direction; null: not measured. */
export interface Passages<N = number | null> {
  readonly in: N;
  readonly out: N;
}
/** People present. */
export interface Present<N = number | null> {
  readonly present: N;
}
/** Numbers of one kind for each class of a fixed set. */
export interface ByClass<V> {
  readonly [name: string]: V;
}
/** With a set of classes the numbers of each stand under its name, always of all. */
export type PublishedValue =
  | Passages
  | Present
  | ByClass<Passages>
  | ByClass<Present>
  | { readonly level: CrowdLevel | null };

/** True counts, by class where the output has classes. Only the count and guard stages ever hold one. */
export type CountedValue =
  | Passages<number>
  | Present<number>
  | ByClass<Passages<number>>
  | ByClass<Present<number>>;
