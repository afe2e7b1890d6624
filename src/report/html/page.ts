import { rationalValue } from "../../config/rules.ts";
import type { PrivacyReport } from "../../contract/privacy-report.ts";
import { detailsOf } from "./details.ts";
import { DUTCH } from "./dutch.ts";
import { element, escaped, list, table, terms } from "./text.ts";
import { type Language, WORDS, type Words } from "./words.ts";

const STYLE = `
:root { color-scheme: light dark; }
body { font: 1.05rem/1.55 system-ui, sans-serif; max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 1rem 0 .5rem; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .4rem; }
h3 { font-size: 1.05rem; margin: 1.4rem 0 .3rem; }
.lead { font-size: 1.2rem; }
.warning { border-left: .4rem solid #b3261e; padding: .4rem .8rem; font-weight: 600; }
dl { display: grid; grid-template-columns: minmax(9rem, 1fr) 2.5fr; gap: .3rem 1rem; margin: .6rem 0; }
dt { font-weight: 600; }
dd { margin: 0; overflow-wrap: anywhere; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #8886; }
.sensor { border: 1px solid #8886; border-radius: .5rem; padding: .2rem 1rem .8rem; margin: .8rem 0; }
summary { cursor: pointer; font-weight: 600; margin-top: 2.2rem; font-size: 1.15rem; }
footer { margin-top: 3rem; font-size: .88rem; overflow-wrap: anywhere; }
@media (max-width: 34rem) { dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; } }
@media print { details > * { display: block; } }
`;

/** A sentence of the program in the language of the page. */
type Say = (text: string) => string;

/** The report as a page that anybody can read: one file, no scripts, nothing loaded from elsewhere. */
export function reportPage(report: PrivacyReport, language: Language): string {
  const words = WORDS[language];
  const say: Say = (text) => (language === "nl" ? (DUTCH[text] ?? text) : text);
  const { responsible, site } = report;
  const title = element("h1", words.title);
  const lead = words.lead(responsible?.controller ?? words.notSaid, site);
  const parts = [
    title,
    `<p class="lead">${escaped(lead)}</p>`,
    ...warnings(report, words),
    section(words.why, whyOf(report, words)),
    section(
      words.what,
      element("p", words.whatNever) + sensorsOf(report, words, say) + derivedOf(report, words, say),
    ),
    ...(report.protection.mechanism === "none" ? [] : [section(words.noise, noiseOf(report, words))]),
    section(words.stored, storageOf(report, words)),
    section(words.who, accessOf(report, words, say)),
    section(words.exact, exactOf(report, words, say)),
    detailsOf(report, words),
    footerOf(report, words),
  ];
  return `${headOf(words.title, language)}<body><main>${parts.join("\n")}</main></body></html>`;
}

function headOf(title: string, language: Language): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'";
  return `<!doctype html><html lang="${language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
${element("title", title)}<style>${STYLE}</style></head>`;
}

function section(heading: string, content: string): string {
  return `<section>${element("h2", heading)}${content}</section>`;
}

function warnings({ protection }: PrivacyReport, words: Words): string[] {
  const { profile, mechanism, reason } = protection;
  const texts = [
    ...(profile === "lab" ? [words.lab] : []),
    ...(mechanism === "none" ? [words.noNoise(reason ?? words.notSaid)] : []),
  ];
  return texts.map((text) => `<p class="warning">${escaped(text)}</p>`);
}

function whyOf({ responsible }: PrivacyReport, words: Words): string {
  const said = (text: string | undefined) => text ?? words.notSaid;
  return terms([
    [words.purpose, said(responsible?.purpose)],
    [words.legalBasis, said(responsible?.legalBasis)],
    [words.contact, said(responsible?.contact)],
    [words.activeUntil, said(responsible?.activeUntil)],
    [words.dpia, said(responsible?.dpia)],
    [words.register, said(responsible?.register)],
  ]);
}

function sensorsOf({ sensors, technologies }: PrivacyReport, words: Words, say: Say): string {
  const kinds = new Map(technologies.map((one) => [one.profile, one]));
  return sensors
    .map(({ id, profile, location, outputs, epsilonPerPerson }) => {
      const { title = profile, reads = [], discards = [] } = kinds.get(profile) ?? {};
      const facts = terms([
        [words.location, location ?? words.notSaid],
        ...(epsilonPerPerson === null ? [] : [[words.perPerson, String(epsilonPerPerson)] as const]),
      ]);
      const counted = outputs.map((one) => `${one.id}: ${countOf(one, words)}`);
      return `<div class="sensor">${element("h3", `${words.sensor} ${id}`)}${facts}
<strong>${escaped(words.technology)}</strong>${list([say(title)])}
<strong>${escaped(words.reads)}</strong>${list(reads.map(say))}
<strong>${escaped(words.discards)}</strong>${list(discards.map(say))}
<strong>${escaped(words.counts)}</strong>${list(counted)}</div>`;
    })
    .join("");
}

function derivedOf({ derived }: PrivacyReport, words: Words, say: Say): string {
  if (derived.length === 0) return "";
  const lines = derived.map(({ id, of, how }) => `${id} (${of.join(" + ")}): ${say(how)}`);
  return element("h3", words.derived) + list(lines);
}

function countOf(
  { kind, seconds, classes }: PrivacyReport["sensors"][number]["outputs"][number],
  words: Words,
): string {
  const apart = classes ? ` (${classes.join(", ")})` : "";
  if (kind === "flow") return words.flow(seconds) + apart;
  return kind === "occupancy" ? words.occupancy(seconds) + apart : kind;
}

function noiseOf({ protection, sensors }: PrivacyReport, words: Words): string {
  const { flow, occupancy } = protection;
  const kinds = new Set(sensors.flatMap(({ outputs }) => outputs.map(({ kind }) => kind)));
  const within = [
    ...(kinds.has("flow") ? [words.flowNoise(flow.windowSeconds, offBy(rationalValue(flow.epsilon)))] : []),
    ...(kinds.has("occupancy")
      ? [
          words.occupancyNoise(
            occupancy.windowSeconds,
            offBy(rationalValue(occupancy.epsilon) / occupancy.windows),
          ),
        ]
      : []),
  ];
  return element("p", words.noiseWhy) + list(within) + element("p", words.epsilon);
}

/** The smallest k with P(|X| <= k) >= 95 % for discrete Laplace: 1 - 2 a^(k+1) / (1 + a), a = exp(-epsilon). */
export function offBy(epsilon: number): number {
  const a = Math.exp(-epsilon);
  return Math.max(0, Math.ceil(Math.log((0.05 * (1 + a)) / 2) / -epsilon) - 1);
}

function storageOf({ isolation }: PrivacyReport, words: Words): string {
  const wall = isolation === "kernel" ? words.isolated : words.notIsolated;
  return element("p", words.storedHow) + (isolation === null ? "" : element("p", wall));
}

function accessOf({ access }: PrivacyReport, words: Words, say: Say): string {
  const rows = access.map(({ who, sees }) => [say(who), say(sees)]);
  return table(["", words.sees], rows);
}

function exactOf({ exactNumbers, walkTests }: PrivacyReport, words: Words, say: Say): string {
  const places = exactNumbers.map(({ where, why, limit }) => `${say(where)}: ${say(why)}; ${say(limit)}`);
  const tests = walkTests === null ? "" : element("p", words.walkTests(walkTests));
  return element("p", words.exactWhy) + list(places) + tests;
}

function footerOf(
  { made, protection, software, configHash, tenant, site, gateway }: PrivacyReport,
  words: Words,
): string {
  const { signedBy } = protection;
  const when = made === null ? words.madeUnknown : words.made(made);
  const by = signedBy === null ? words.unsigned : `${when}, ${words.signed(signedBy)}`;
  return `<footer>${escaped(`${tenant}/${site}/${gateway}. ${software}, ${configHash}. ${by}.`)}</footer>`;
}
