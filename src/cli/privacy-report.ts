import { readFileSync } from "node:fs";
import { SystemClock } from "../base/clock.ts";
import { TelpostError } from "../base/errors.ts";
import { type PrivacyReport, privacyReportForReaders } from "../contract/privacy-report.ts";
import { askControl } from "../ops/control.ts";
import { VERSION } from "../ops/version.ts";
import { buildReport } from "../report/build.ts";
import { reportPage } from "../report/html/page.ts";
import { isLanguage, LANGUAGES } from "../report/html/words.ts";
import { configFile, loadConfig } from "./files.ts";
import { PLACE_OPTIONS, placesOf, senseSocket } from "./places.ts";
import { type Arguments, EXIT, type ExitCode, type Io, textFlag, type Verb } from "./verb.ts";

const TIMEOUT_MS = 3_000;

export const privacyReport: Verb = {
  usage: "[--config FILE | --read FILE] [--html [--lang LANG]] [--signed] [--crash DIR]",
  options: {
    config: {
      type: "string",
      value: "FILE",
      help: "made from a configuration, unsigned; default: the signed one of the gateway that runs here",
    },
    read: {
      type: "string",
      value: "FILE",
      help: "a report that was printed before, such as a line of telpost receive",
    },
    html: { type: "boolean", help: "a page for people, complete in one file, without scripts" },
    lang: { type: "string", value: "LANG", help: `with --html: ${LANGUAGES.join(" or ")} (default nl)` },
    signed: {
      type: "boolean",
      help: "the signed report as the city gets it (JWS), of the gateway that runs here",
    },
    crash: PLACE_OPTIONS.crash,
  },
  details: [
    "Says what this gateway measures, keeps, sends and shows: every topic, field, table, file and log event, and who answers",
    "for it. It is made from the configuration and from the program's own lists, and signed by the gateway's key.",
    "The city gets it on the topic privacy at every connection; telpost receive verifies it and prints it.",
  ].join("\n"),
  examples: [
    "telpost privacy-report",
    "telpost privacy-report --html --lang nl",
    "telpost privacy-report --config telpost.yaml --html --lang en",
    "telpost privacy-report --read report.json --html",
  ],
  async run(args, io) {
    const lang = textFlag(args, "lang") ?? "nl";
    if (!isLanguage(lang))
      throw new TelpostError("usage.bad_arguments", `--lang takes ${LANGUAGES.join(" or ")}`);
    if (args.flags.signed) {
      io.out(await signedReport(args, io));
      return EXIT.ok;
    }
    const report = await reportFor(args, io);
    if (typeof report === "number") return report;
    io.out(args.flags.html ? reportPage(report, lang) : JSON.stringify(report, null, 2));
    return EXIT.ok;
  },
};

async function reportFor(args: Arguments, io: Io): Promise<PrivacyReport | ExitCode> {
  const file = textFlag(args, "read");
  if (file !== undefined) return readReport(file);
  if (textFlag(args, "config") !== undefined) return fromConfig(args, io);
  const [, payload = ""] = (await signedReport(args, io)).split(".");
  return privacyReportForReaders.parse(JSON.parse(Buffer.from(payload, "base64url").toString("utf8")));
}

function fromConfig(args: Arguments, io: Io): PrivacyReport | ExitCode {
  const loaded = loadConfig(configFile(args), io);
  if (!loaded.ok) return loaded.code;
  const { config, hash } = loaded.value;
  return buildReport(config, {
    software: `telpost ${VERSION}`,
    configHash: hash,
    isolation: null,
    madeMs: new SystemClock().realtime(),
    gatewayKid: null,
    cityKid: null,
    walkTests: null,
  });
}

/** @throws TelpostError usage.not_running, report.none */
async function signedReport(args: Arguments, io: Io): Promise<string> {
  const socket = senseSocket(placesOf(args, io.env));
  const jws = await askControl(socket, "report", { clock: new SystemClock(), timeoutMs: TIMEOUT_MS });
  if (typeof jws !== "string") throw new TelpostError("report.none");
  return jws;
}

/** A report as `privacy-report` or `receive` prints it. @throws TelpostError report.unreadable */
function readReport(file: string): PrivacyReport {
  try {
    const { type: _, gateway, ...rest } = JSON.parse(readFileSync(file, "utf8"));
    const [tenant, site, name] = String(gateway).split("/");
    const names = name === undefined ? { gateway } : { tenant, site, gateway: name };
    return privacyReportForReaders.parse({ schema: "telpost/privacy-report/1", ...rest, ...names });
  } catch (cause) {
    throw new TelpostError("report.unreadable", file, { cause });
  }
}
