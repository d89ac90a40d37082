import { extractText, getDocumentProxy } from "unpdf";
import type { Section } from "../chunk.ts";

/** A PDF by its pages: what a page says, not what it shows. A scan without text has none. */
export async function readPdf(bytes: Uint8Array): Promise<Section[]> {
  // A copy, since the library takes the buffer for itself.
  const pdf = await getDocumentProxy(bytes.slice(), { verbosity: 0 });
  try {
    const { text } = await extractText(pdf, { mergePages: false });
    return text.map((page, index) => ({ heading: `Page ${index + 1}`, text: plain(page) }))
      .filter((section) => section.text !== "");
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** Lines joined to paragraphs, words joined that were divided at a line's end. */
function plain(page: string): string {
  return page.replaceAll("\0", "").replace(/(\p{Ll})-\n(?=\p{Ll})/gu, "$1").replace(/\n\s*\n/g, "\f")
    .replace(/\s*\n\s*/g, " ").replaceAll("\f", "\n\n").trim();
}
