import { type Frame, valueAt } from "../../../config/profile.ts";
import type { Discard } from "../decoder.ts";

/** What a frame holds, by its kind; or why it cannot be read. */
export type Content =
  | { readonly is: "bytes"; readonly bytes: Uint8Array }
  | { readonly is: "text"; readonly text: string; readonly columns: readonly string[] }
  | { readonly is: "json"; readonly json: unknown };

/** Columns of a line beyond these are not looked at. */
const MAX_COLUMNS = 64;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Opens a frame. Never throws: bytes that are not what the kind of frame says are a discard. */
export function contentOf(kind: Frame["kind"], bytes: Uint8Array): Content | Discard {
  if (kind === "line" || kind === "dcon") return { is: "text", text: latin1(bytes), columns: [] };
  if (kind !== "json-stream") return { is: "bytes", bytes };
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return "not_text";
  }
  try {
    // JSON.parse makes "__proto__" an ordinary key, so nothing in a frame can add to what an object inherits.
    return { is: "json", json: JSON.parse(text) };
  } catch {
    return "not_parsable";
  }
}

/** Cuts a line into columns. */
export function splitColumns(content: Content, separator: string | undefined): Content {
  if (content.is !== "text" || separator === undefined) return content;
  return { ...content, columns: content.text.split(separator, MAX_COLUMNS) };
}

/** True when there is something at one of the places where the profile allows nothing. */
export function holdsForbidden(content: Content, forbid: readonly string[]): boolean {
  return (
    content.is === "json" &&
    forbid.some((pointer) => {
      const found = valueAt(content.json, pointer);
      return found !== undefined && found !== null && found !== "";
    })
  );
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}
