import type { ErrorCode } from "../../base/errors.ts";
import { isCommand, MAX_CORRELATION_BYTES, readCommand } from "../../contract/command.ts";
import { levelBelow } from "../../contract/topics.ts";
import type { CommandName } from "../../model.ts";
import type { Asked } from "../ports.ts";

/** A message below `cmd`, read. */
export interface Request {
  /** The command to do; null when it is refused. */
  readonly command: CommandName | null;
  /** Why it is refused. */
  readonly refusal: ErrorCode | null;
  /** What it asked for, when there is such a command. */
  readonly known: CommandName | null;
  /** Where its answer goes: the topic that was asked for, or `res/<name>`. Always one level below `res`. */
  readonly answerTopic: string;
  readonly correlation: Uint8Array | null;
}

/** Reads and judges what came. @param res the gateway's own topic for answers */
export function readRequest(asked: Asked, res: string): Request {
  const { name, responseTopic } = asked;
  const isOwn = responseTopic !== null && levelBelow(res, responseTopic) !== null;
  const refusal = whyRefused(asked, responseTopic === null || isOwn);
  const known = isCommand(name) ? name : null;
  return {
    command: refusal === null ? known : null,
    refusal,
    known,
    answerTopic: isOwn ? responseTopic : `${res}/${name}`,
    correlation: isShort(asked.correlation) ? asked.correlation : null,
  };
}

/** The first reason; null when there is none. */
function whyRefused(asked: Asked, topicIsOwn: boolean): ErrorCode | null {
  const { name, payload, retained, expirySeconds, correlation } = asked;
  if (retained) return "command.retained";
  if (!isCommand(name)) return "command.unknown";
  if (!topicIsOwn) return "command.bad_topic";
  if (readCommand(payload)?.command !== name || !isShort(correlation)) return "command.invalid";
  return expirySeconds === 0 ? "command.expired" : null;
}

function isShort(correlation: Uint8Array | null): boolean {
  return correlation === null || correlation.length <= MAX_CORRELATION_BYTES;
}
