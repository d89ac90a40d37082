import { extractText, getDocumentProxy } from "unpdf";
import type { Section } from "../chunker.ts";

/** Reads a PDF by its pages: their text, not their pictures. A scan without text has no sections. */
export async function readPdf(bytes: Uint8Array): Promise<Section[]> {
  // A copy, since the library takes the buffer over.
  const pdf = await getDocumentProxy(bytes.slice(), { verbosity: 0 });
  try {
    const { text } = await extractText(pdf, { mergePages: false });
    return text.map((page, index) => ({ heading: `Page ${index + 1}`, text: plain(page) }))
      .filter((section) => section.text !== "");
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** Joins lines to paragraphs, and words that were hyphenated at the end of a line. */
function plain(page: string): string {
  return page.replaceAll("\0", "").replace(/(\p{Ll})-\n(?=\p{Ll})/gu, "$1").replace(/\n\s*\n/g, "\f")
    .replace(/\s*\n\s*/g, " ").replaceAll("\f", "\n\n").trim();
}
