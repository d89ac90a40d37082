import type { Section } from "../chunk.ts";
import { decodeText } from "./decode.ts";

/** Text without any marks: one section, by paragraphs and sentences. Lines within a paragraph are joined. */
export function readPlainText(bytes: Uint8Array): Section[] {
  const paragraphs = decodeText(bytes).split(/\n\s*\n/).map((paragraph) =>
    paragraph.replace(/\s+/g, " ").trim()
  );
  const text = paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
  return text === "" ? [] : [{ heading: "", text }];
}
