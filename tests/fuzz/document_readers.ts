import { cutIntoChunks, MAX_CHUNK_CHARS } from "../../src/knowledge/chunker.ts";
import { readDocument } from "../../src/knowledge/readers/read_document.ts";
import { AppError } from "../../src/util/errors.ts";
import { pdfOf } from "../support/pdf.ts";
import assert from "node:assert/strict";
import { fuzzed } from "./fuzzed.ts";
import { mutatedBytes, mutatedJson, mutatedText } from "./mutate.ts";
import type { Random } from "./random.ts";

const encoder = new TextEncoder();

const MARKDOWN = [
  "---\ntitle: x\n---\n# Shop #\n\nWelcome. ![map](map.png)\n\nHours\n-----\nNine to *five*.\n\n```sh\n# no\n```\n",
  "## [Prices](prices.html)\n\n| Tea | 3 |\n| --- | --- |\n\n- one\n- two\n\n> quoted\n",
];
const HTML = [
  "<!doctype html><html><head><title>x</title><style>a{}</style></head><body><h1>Shop &amp; Co</h1><p>Nine to <b>five</b>." +
  "<table><tr><td>Tea</td><td>3&nbsp;EUR</td></tr></table><ul><li>one<li>two</ul><script>if(a<b){}</script></body></html>",
  "<h2>Prices</h2><svg><path d='M0'/></svg><pre> a\n b </pre><iframe src=x></iframe><br>&#x41;&copy<p>end",
];
const TEXT = ["One\nline.\n\n\nAnother  one.\n", "word ".repeat(400)];
const JSONS = [
  {
    shop: {
      name: "Tea & Co",
      hours: ["9-17", "closed"],
      prices: [{ name: "Tea", eur: 3 }, { id: 7, eur: 4 }],
    },
  },
  [1, "two", null, { question: "When?", answer: "Now." }],
];

function documents(ending: string, make: (random: Random) => Uint8Array | string) {
  return () =>
    fuzzed<Uint8Array | string>({
      make,
      read: async (input) => {
        const bytes = typeof input === "string" ? encoder.encode(input) : input;
        const { sections } = await readDocument(`a.${ending}`, bytes);
        for (const { text } of cutIntoChunks(`a.${ending}`, sections)) {
          assert.ok(text.length <= MAX_CHUNK_CHARS && !text.includes("\0"));
        }
      },
      isDeclared: (error) =>
        error instanceof AppError && (error.code.startsWith("document_") || error.code === "text_encoding"),
    });
}

/** Documents that a business lets callers ask about. */
export const DOCUMENT_READERS = {
  "a document in Markdown": documents("md", (random) => mutatedText(random, MARKDOWN)),
  "a web page": documents("html", (random) => mutatedText(random, HTML)),
  "a document in plain text": documents(
    "txt",
    (random) =>
      random.oneIn(3)
        ? mutatedBytes(random, TEXT.map((text) => encoder.encode(text)))
        : mutatedText(random, TEXT),
  ),
  "a document in JSON": documents("json", (random) => mutatedJson(random, JSONS)),
  "a PDF": documents("pdf", (random) => mutatedBytes(random, [pdfOf([["Hello", "there"], ["Second page"]])])),
};
