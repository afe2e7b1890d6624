import type { Component } from "./components.ts";

/**
 * The licences of a build, in the form of Debian's machine-readable copyright file (DEP-5, format 1.0). `Files:` names
 * the sources, because a bundle is one file of many authors.
 * @param licence the text of telpost's own licence
 */
export function copyrightFile(licence: string, components: readonly Component[]): string {
  const own = paragraph({
    files: "*",
    holders: ["the telpost maintainers"],
    licence: "EUPL-1.2",
    text: licence,
  });
  const head = `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: telpost
Comment: The program is one bundle of the sources of telpost and of the npm packages named below; the binaries of Node and
 of the native packages are those of their makers, unchanged, but for that of epoll, which is compiled with nan.
`;
  return [head, own, ...components.map(theirs)].join("\n");
}

function theirs({ path, name, version, licence, text, author }: Component): string {
  return paragraph({
    files: `${path}/*`,
    holders: holdersIn(text, author ?? `the authors of ${name}`),
    // A short name of its own, because the texts differ in whom they name.
    licence: `${licence}-${path.replace(/node_modules\/|@/g, "").replaceAll("/", "-")}`,
    text: `${name} ${version}, ${licence}:\n\n${text}`,
  });
}

/** Who is named in the lines that begin with "Copyright"; of Node's text the first few, which are its own. */
function holdersIn(text: string, otherwise: string): string[] {
  const lines = [...text.matchAll(/^[\s*]*copyright (.*\S)/gim)].map((match) =>
    (match[1] ?? "").replace(/\.? ?All rights reserved\.?$/i, ""),
  );
  const named = [...new Set(lines)].filter((line) => !/notice|holder|owner|license/i.test(line));
  return named.length > 0 ? named.slice(0, 5) : [otherwise];
}

interface Paragraph {
  readonly files: string;
  readonly holders: readonly string[];
  readonly licence: string;
  readonly text: string;
}

function paragraph({ files, holders, licence, text }: Paragraph): string {
  return `Files: ${files}
Copyright: ${holders.join("\n ")}
License: ${licence}
${text.split("\n").map(continued).join("\n")}
`;
}

/** A line of a field that goes on: deb822 wants a space in front, and a dot where a line is empty. */
function continued(line: string): string {
  const kept = line.trimEnd();
  return kept === "" ? " ." : ` ${kept}`;
}
