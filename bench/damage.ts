import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { damageOf, damageTable } from "../tests/kit/damage.ts";
import { walkDamage, walks } from "../tests/kit/damaged-walk.ts";
import { TALKERS } from "../tests/kit/device-streams.ts";

/**
 * `npm run figures`: damages the stream of every device with the same seeds and writes the tables of docs/damage.md.
 * The walk needs the recordings beside the checkout; without them its table stays as it is.
 */
const PAGE = new URL("../docs/damage.md", import.meta.url);
const RECORDING = new URL("../../shared/data/pedestrian-tracks/", import.meta.url);
const RUNS = Number(process.env.TELPOST_RUNS ?? 4000);
/** A run of the walk takes longer, because people must be forgotten before its sums are compared. */
const WALK_RUNS = Math.ceil(RUNS / 4);
/** As many as the test of this page runs. */
const FEW_RUNS = 40;

function walkTable(): string {
  const rows = walks().map((walk) => {
    const { id, runs, more, fewer, right } = walkDamage(walk, WALK_RUNS);
    return `| ${id} | ${runs} | ${right} | ${more} | ${fewer} |`;
  });
  return ["| device | runs | right | too many | too few |", "|---|---|---|---|---|", ...rows].join("\n");
}

/** Puts text between the two marks of a name. */
function filled(page: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/damage.md has no place for ${name}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

let page = readFileSync(PAGE, "utf8");
page = filled(page, "long", damageTable(TALKERS.map((talker) => damageOf(talker, RUNS))));
page = filled(page, "short", damageTable(TALKERS.map((talker) => damageOf(talker, FEW_RUNS))));
if (existsSync(RECORDING)) page = filled(page, "walk", walkTable());
writeFileSync(PAGE, page);
