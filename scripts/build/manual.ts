import { EXIT_CODES } from "../../src/cli/help.ts";
import type { Verb } from "../../src/cli/verb.ts";
import { verbs } from "../../src/cli/verbs.ts";

/** A verb of the table with its code loaded. */
export interface LoadedVerb extends Verb {
  readonly name: string;
  readonly summary: string;
}

/** Every verb of the command line, in the order of the help. */
export function loadVerbs(): Promise<LoadedVerb[]> {
  return Promise.all(verbs.map(async ({ name, summary, load }) => ({ ...(await load()), name, summary })));
}

/** The manual page telpost(1) in the macros of man(7), from the table of verbs. */
export function manualPage(all: readonly LoadedVerb[]): string {
  return `.\\" Written by npm run docs from src/cli; change the verbs, not the page.
.TH TELPOST 1 "" telpost "User Commands"
.SH NAME
telpost \\- counts people at sensors of public space, follows nobody
.SH SYNOPSIS
.B telpost
.I COMMAND
.RI [ OPTIONS ]
.SH DESCRIPTION
telpost turns the readings of people counters and cameras into noised sums per window on the spot, seals them for the
city, keeps them until they are delivered, and delivers them over MQTT.
On an installed gateway systemd runs the commands
.B sense
and
.BR forward ;
the others are for people.
.SH COMMANDS
${all.map(command).join("")}.SH EXIT STATUS
${Object.entries(EXIT_CODES)
  .map(([code, meaning]) => `.TP\n.B ${code}\n${text(meaning)}\n`)
  .join("")}.SH FILES
${FILES.map(([name, what]) => `.TP\n.I ${text(name)}\n${text(what)}\n`).join("")}.SH SEE ALSO
.BR systemctl (1),
.BR journalctl (1),
.BR mosquitto (8)
`;
}

const FILES = [
  ["/etc/telpost/telpost.yaml", "the configuration; keys and certificates lie beside it"],
  ["/usr/share/doc/telpost/examples/telpost.yaml", "a configuration to start from"],
  [
    "/usr/lib/telpost/activate",
    "checks the configuration and starts the services; run it after every change",
  ],
  ["/usr/lib/telpost/firmware-config", "the profiles of the sensors, with their settings and wiring"],
  ["/var/lib/telpost", "sealed messages that the city does not have yet"],
  ["/var/lib/telpost-safe", "what to go back to: two packages and the last good configuration"],
  ["/etc/telpost/release-key.jwk", "whose packages telpost update installs"],
] as const;

function command({ name, summary, usage, options, details, examples }: LoadedVerb): string {
  const flags = Object.entries(options).map(
    ([flag, { value, help }]) =>
      `.TP\n.BI ${text(`--${flag}`)}${value ? ` " ${text(value)}"` : ""}\n${text(help)}\n`,
  );
  return `.SS ${text(`telpost ${name} ${usage}`.trimEnd())}
${text(summary)}
${flags.join("")}${details ? `.PP\n${verbatim(details)}` : ""}.PP
Examples:
.PP
${verbatim(examples.join("\n"))}`;
}

/** Lines that must not be filled. */
function verbatim(lines: string): string {
  return `.RS 4\n.nf\n${lines.split("\n").map(text).join("\n")}\n.fi\n.RE\n`;
}

/** Plain text for roff: a dash is a minus, and nothing at the start of a line is taken for a request. */
function text(plain: string): string {
  return plain
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^(?=[.'])/gm, "\\&");
}
