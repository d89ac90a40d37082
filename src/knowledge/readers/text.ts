import { decodeDocument } from "./decode_document.ts";
import type { ReadDocument, ReadOptions } from "./document_text.ts";

/** Reads text without markup: one section. Lines within a paragraph are joined, but for rows. */
export function readPlainText(bytes: Uint8Array, { charset }: ReadOptions = {}): ReadDocument {
  const { text: whole, notes } = decodeDocument(bytes, charset);
  const paragraphs = whole.split(/\n\s*\n/).map(joinedParagraph);
  const text = paragraphs.filter((paragraph) => paragraph !== "").join("\n\n");
  return { sections: [{ heading: "", text }], notes };
}

/** A line that is a row by itself: dots that lead to a price, or columns that tabs or wide gaps part. */
const ROW = /\S(?:[.·_…] ?){4}|\S(?:\t| {3})\s*\S/;

function joinedParagraph(paragraph: string): string {
  let [text, prose] = ["", ""];
  const end = () => {
    const line = joinLines(prose).replace(/\s+/g, " ").trim();
    if (line !== "") text += `${line}\n`;
    prose = "";
  };
  for (const line of paragraph.split("\n")) {
    const isRow = ROW.test(line);
    if (isRow) end();
    prose += `${line}\n`;
    if (isRow) end();
  }
  end();
  return text.trim();
}

/** Joins lines between characters of Chinese and Japanese, which are written without spaces. */
export function joinLines(text: string): string {
  return text.replace(CJK_LINE_END, "");
}

const CJK_LINE_END =
  /(?<=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}、。，！？：；」』）])[^\S\n]*\n\s*(?=[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}「『（])/gu;
