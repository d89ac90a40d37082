import { getDocumentProxy, getResolvedPDFJS } from "unpdf";
import { AppError } from "../../util/errors.ts";
import type { Section } from "../chunker.ts";
import { checkPdfStreams } from "./pdf_bounds.ts";
import { pageForm } from "./pdf_form.ts";
import { isGarbage } from "./clean_text.ts";
import { rulingsOf } from "./pdf_rulings.ts";
import { ruledPageText } from "./pdf_tables.ts";
import { hasRow, pageText, type TextItem } from "./pdf_text.ts";
import { listed, type ReadDocument, type ReadOptions } from "./document_text.ts";
import { CMapReader } from "./pdf_cmaps.ts";
import { hasTaggedTable, taggedPageText, type TaggedPart } from "./pdf_tags.ts";
import { inReadingOrder } from "./pdf_visual_order.ts";

type Pdf = Awaited<ReturnType<typeof getDocumentProxy>>;
type Page = Awaited<ReturnType<Pdf["getPage"]>>;

/**
 * Reads a PDF by its pages: their text and the values of its form, not their pictures.
 *
 * @throws {AppError} `document_password`
 */
export async function readPdf(bytes: Uint8Array, { password }: ReadOptions = {}): Promise<ReadDocument> {
  const hasShortDrawings = checkPdfStreams(bytes);
  addEventListener("unhandledrejection", forgive);
  try {
    return await readPages(bytes, password, hasShortDrawings);
  } finally {
    await new Promise((resolve) => setTimeout(resolve, 0)); // rejections are told of after what rejected them
    removeEventListener("unhandledrejection", forgive);
  }
}

/**
 * Of a damaged file, pdf.js rejects promises that nobody awaits, in addition to what it throws. They would
 * end the process.
 */
function forgive(event: PromiseRejectionEvent): void {
  if (event.reason instanceof Error && event.reason.stack?.includes("pdfjs")) event.preventDefault();
}

async function readPages(
  bytes: Uint8Array,
  password: string | undefined,
  hasShortDrawings: boolean,
): Promise<ReadDocument> {
  const pdf = await open(bytes, password);
  const sections: Section[] = [];
  const textless: number[] = [];
  const garbled: number[] = [];
  const unfilled: string[] = [];
  const alike = new Map<string, number[]>();
  try {
    for (let number = 1; number <= pdf.numPages; number++) {
      const page = await pdf.getPage(number);
      const text = withoutPageNumber(await textOf(page, hasShortDrawings));
      const form = pageForm(await page.getAnnotations());
      page.cleanup();
      unfilled.push(...form.unfilled);
      const isReadable = !isGarbage(text);
      if (!isReadable) garbled.push(number);
      else if (text === "") textless.push(number);
      const whole = [isReadable ? text : "", form.filled.join("\n")].filter((part) => part !== "").join(
        "\n\n",
      );
      if (text !== "" && text.length <= MAX_STAMP_CHARS && form.filled.length === 0) {
        const stamp = text.replace(/^\W*\d+\s|\s\d+\W*$/g, "");
        alike.set(stamp, [...alike.get(stamp) ?? [], number]);
      }
      if (whole !== "") sections.push({ heading: `Page ${number}`, text: whole });
    }
    const stamped = [...alike.values()].filter(({ length }) => length > 1).flat().sort((a, b) => a - b);
    const notes = [
      ...stamped.length > 0 ? [`the same line and no more on ${pages(stamped)} (perhaps scans)`] : [],
      ...textless.length > 0 ? [`no text on ${pages(textless)} (a scan, a picture, or empty)`] : [],
      ...garbled.length > 0
        ? [`no readable characters on ${pages(garbled)} (its fonts do not say which)`]
        : [],
      ...unfilled.length > 0 ? [`empty form fields: ${listed(unfilled)}`] : [],
      ...pdf.isPureXfa ? ["a form in XFA, which is not read"] : [],
    ];
    return { sections, parts: { count: pdf.numPages, what: "page" }, notes };
  } finally {
    await pdf.loadingTask.destroy();
  }
}

/** A text that is not longer and stands alone on several pages is at the edge of scans. */
const MAX_STAMP_CHARS = 120;
/** A number with its marks, alone or of how many, as it is printed on the pages of a scan. */
const PAGE_NUMBER =
  /^[^\p{L}\p{N}]*(?:(?:page|seite|s\.|p\.|página|pagina|pág\.|pag\.|第)\s*)?\d{1,4}(?:\s*(?:of|von|de|di|sur|\/|页|頁|ページ)\s*\d{0,4})?[^\p{L}\p{N}]*$/iu;

/** Empty, where a page says no more than which it is. */
function withoutPageNumber(text: string): string {
  return PAGE_NUMBER.test(text) ? "" : text;
}

async function open(bytes: Uint8Array, password: string | undefined): Promise<Pdf> {
  try {
    return await getDocumentProxy(bytes.slice(), { // a copy, since the library takes the buffer over
      verbosity: 0,
      password,
      BinaryDataFactory: CMapReader,
      cMapUrl: "cmaps/",
      useWorkerFetch: false,
      maxImageSize: 0,
    });
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== "PasswordException") throw cause;
    const problem = password === undefined
      ? "It is protected: give its password with --password."
      : "The password given with --password does not open it.";
    throw new AppError("document_password", problem, { cause });
  }
}

/** @param looksForLines whether tables are told by the lines around their cells */
async function textOf(page: Page, looksForLines: boolean): Promise<string> {
  // A tree that is damaged tells nothing; the text does not need it.
  const tree: TaggedPart | null = await page.getStructTree().catch(() => null);
  const isTagged = hasTaggedTable(tree);
  const { items } = await page.getTextContent({
    disableNormalization: true,
    includeMarkedContent: isTagged,
  });
  const texts = inReadingOrder(items.filter((item): item is TextItem & typeof item => "str" in item));
  const drawn = looksForLines && hasRow(texts)
    ? rulingsOf(await page.getOperatorList(), (await getResolvedPDFJS()).OPS)
    : undefined;
  const plain = (texts: readonly TextItem[]) => {
    const ordered = inReadingOrder(texts);
    return drawn ? ruledPageText(ordered, drawn) : pageText(ordered);
  };
  return isTagged ? taggedPageText(items, tree, plain) : plain(texts);
}

/** Page numbers, neighbours as a range: `page 3`, `pages 1, 4 to 9`. */
function pages(numbers: readonly number[]): string {
  const ranges: [first: number, last: number][] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range && range[1] === number - 1) range[1] = number;
    else ranges.push([number, number]);
  }
  const names = ranges.map(([first, last]) =>
    first === last ? String(first) : `${first}${last === first + 1 ? ", " : " to "}${last}`
  );
  return `page${numbers.length === 1 ? "" : "s"} ${names.join(", ")}`;
}
