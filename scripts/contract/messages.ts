import { z } from "zod";
import { ack } from "../../src/contract/ack.ts";
import { command, result } from "../../src/contract/command.ts";
import { eventMessage, eventMessageForReaders, laterEventForReaders } from "../../src/contract/event.ts";
import { health } from "../../src/contract/health.ts";
import { keySetPayload } from "../../src/contract/key-set.ts";
import { privacyReport, privacyReportForReaders } from "../../src/contract/privacy-report.ts";
import { republishedRecord, republishedRecordForReaders } from "../../src/contract/record.ts";
import { jweHeader, jwsHeader } from "../../src/contract/sealed.ts";
import { status } from "../../src/contract/status.ts";
import { walkRecord, walkRecordForReaders } from "../../src/contract/walk-test.ts";
import { windowsMessage, windowsMessageForReaders } from "../../src/contract/windows.ts";

/** One message of the contract, or one part of the sealed one. */
export interface ContractMessage {
  /** Name of its schema, its examples and its glossary. */
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** Closed by its output: what the writer may write. */
  readonly writer: z.ZodType;
  /** Open by its input: what a reader must accept. Null where both ends are equally strict. */
  readonly reader: z.ZodType | null;
  /** Rules that a JSON Schema cannot say; the last sentences of the description. */
  readonly rules: readonly string[];
}

const RECORD_RULES = [
  "`covered` is a whole number of tenths and at most `seconds`.",
  "`flags` are sorted.",
  "`end` is a multiple of `seconds` since the Unix epoch.",
];

export const MESSAGES: readonly ContractMessage[] = [
  {
    name: "windows",
    title: "Windows: what stands inside a sealed message",
    description: "JSON in UTF-8, padded with spaces to a length that tells nothing about people.",
    writer: windowsMessage,
    reader: windowsMessageForReaders,
    rules: [...RECORD_RULES, "Two records never have the same sensor, kind and seconds."],
  },
  {
    name: "jws-header",
    title: "Protected header of the signature around a sealed message",
    description: "Compact JWS (RFC 7515) by the gateway. Nothing else may stand in it.",
    writer: jwsHeader,
    reader: null,
    rules: [],
  },
  {
    name: "jwe-header",
    title: "Protected header of the ciphertext inside a sealed message",
    description: "Compact JWE (RFC 7516) to the city. Nothing else may stand in it.",
    writer: jweHeader,
    reader: null,
    rules: [],
  },
  {
    name: "status",
    title: "Birth and death of a gateway",
    description: "Retained. A death with another boot or an older connection than the last birth is stale.",
    writer: status,
    reader: status,
    rules: [],
  },
  {
    name: "health",
    title: "Health of a gateway",
    description: "Every five minutes while connected, never kept for later. No part of it follows counts.",
    writer: health,
    reader: health,
    rules: [],
  },
  {
    name: "event",
    title: "What a gateway declares about itself",
    description:
      "Numbered, and delivered with the same guarantee as sealed messages. Never caused by a count.",
    writer: eventMessage,
    reader: z.union([eventMessageForReaders, laterEventForReaders]),
    rules: ["In a range of numbers the first is not above the second."],
  },
  {
    name: "ack",
    title: "Acknowledgement by the city",
    description: "The city has and keeps these messages; the gateway may forget them.",
    writer: ack,
    reader: ack,
    rules: ["In a range the first number is not above the second."],
  },
  {
    name: "key-set",
    title: "City keys: the payload that the city root key signs",
    description:
      "Compact JWS with the header {alg: EdDSA, typ: telpost+keys, kid}, signed by the root key that every gateway has pinned.",
    writer: keySetPayload,
    reader: null,
    rules: [
      "`nbf` is before `exp`.",
      "`kid` is the thumbprint of its key.",
      "`version` is above that of every set before.",
    ],
  },
  {
    name: "privacy-report",
    title: "Privacy report: the payload that a gateway signs",
    description:
      "What a gateway measures, keeps, sends and shows, from the configuration that runs. Retained.",
    writer: privacyReport,
    reader: privacyReportForReaders,
    rules: [],
  },
  {
    name: "command",
    title: "Remote command",
    description:
      "What a city may ask of a gateway. Each is answered once, or refused with a code and without any effect. Never retained.",
    writer: command,
    reader: null,
    rules: ["`command` is the last level of the topic."],
  },
  {
    name: "result",
    title: "Answer to a remote command",
    description: "Not kept for later. What was done or refused is an event as well.",
    writer: result,
    reader: result,
    rules: [],
  },
  {
    name: "walk-record",
    title: "Commissioning record of a walk test: the payload that a gateway signs",
    description:
      "What an engineer walked at a sensor and whether it was counted, without any number that was counted. Inside the event `commissioning`.",
    writer: walkRecord,
    reader: walkRecordForReaders,
    rules: [
      "`tenant`, `site`, `gateway`, `sensor`, `line`, `how` and `verdict` are those of the event around it.",
    ],
  },
  {
    name: "records",
    title: "One record in the clear, at the city",
    description:
      "What `telpost receive` prints and, with --republish, puts on the city's own broker. It never leaves a gateway like this.",
    writer: republishedRecord,
    reader: republishedRecordForReaders,
    rules: RECORD_RULES,
  },
];
