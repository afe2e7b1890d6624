import type { PrivacyReport } from "../../contract/privacy-report.ts";
import { element, list, table } from "./text.ts";
import type { Words } from "./words.ts";

/** The complete lists, behind a line to open: for whoever wants to compare them with the gateway. */
export function detailsOf(report: PrivacyReport, words: Words): string {
  const { files, tables, logs } = report;
  return `<details><summary>${words.details}</summary>${element("p", words.detailsLead)}<div lang="en">
${element("h3", words.topics)}${topicsOf(report)}
${element("h3", words.files)}${table(
  ["file", "by", "on", "holds", "readable by", "kept"],
  files.map((one) => [
    `${one.place}/${one.name}`,
    one.process,
    one.medium,
    one.holds,
    one.readableBy,
    one.keptFor,
  ]),
)}
${element("h3", words.tables)}${table(
  ["table", "holds", "columns"],
  tables.map(({ name, holds, columns }) => [name, holds, columns.join(", ")]),
)}
${element("h3", words.log)}${element("p", `${logs.where}; ${logs.keptFor}`)}
${list([`events: ${logs.events.join(", ")}`, `fields: ${logs.fields.join(", ")}`])}</div></details>`;
}

function topicsOf({ topics }: PrivacyReport): string {
  return table(
    ["topic", "way", "protected", "when", "what it holds"],
    topics.map(({ topic, direction, sealed, signed, when, fields }) => {
      const how = [...(sealed ? ["sealed to the city"] : []), ...(signed ? ["signed"] : [])].join(", ");
      return [topic, direction, how || "by TLS", when, fields.join(", ")];
    }),
  );
}
