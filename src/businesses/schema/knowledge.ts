import * as v from "valibot";
import type { KnowledgeSettings } from "../business.ts";
import { amount, MAX_HINT_CHARS, object, text, whole } from "./forms.ts";

/** What a section that is there but says nothing means. */
const DEFAULTS: KnowledgeSettings = {
  about: undefined,
  dimensions: 512,
  results: 4,
  minSimilarity: 0.3,
  minWords: 0.5,
};

/** Most passages a search tells: more would not fit into a tool's output. */
export const MAX_RESULTS = 10;

export const KNOWLEDGE = v.pipe(
  v.nullable(object({
    about: v.optional(
      v.pipe(text(MAX_HINT_CHARS), v.description("Tells the model what the documents are about.")),
    ),
    dimensions: v.optional(
      v.pipe(
        whole(64, 3_072),
        v.description("Of the embeddings. After a change, run slimline ingest again."),
      ),
      DEFAULTS.dimensions,
    ),
    results: v.optional(
      v.pipe(whole(1, MAX_RESULTS), v.description("Most passages that one search tells the model.")),
      DEFAULTS.results,
    ),
    minSimilarity: v.optional(
      v.pipe(
        amount(0, 1),
        v.description("A passage fits whose cosine to the question is at least this, or by minWords."),
      ),
      DEFAULTS.minSimilarity,
    ),
    minWords: v.optional(
      v.pipe(
        amount(0, 1),
        v.description(
          "A passage fits that holds at least this share of the question's words, rare ones counting more.",
        ),
      ),
      DEFAULTS.minWords,
    ),
  })),
  v.description("Lets the model search the documents that slimline ingest has taken in; null does not."),
);
