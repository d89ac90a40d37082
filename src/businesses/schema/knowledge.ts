import * as v from "valibot";
import { DEFAULT_KNOWLEDGE } from "../business.ts";
import { amount, MAX_HINT_CHARS, object, text, whole } from "./forms.ts";

/** Most passages a search tells: more would not fit into a tool's output. */
const MAX_RESULTS = 10;

/** `knowledge` of a business file. */
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
      DEFAULT_KNOWLEDGE.dimensions,
    ),
    results: v.optional(
      v.pipe(whole(1, MAX_RESULTS), v.description("Most passages that one search tells the model.")),
      DEFAULT_KNOWLEDGE.results,
    ),
    minSimilarity: v.optional(
      v.pipe(
        amount(0, 1),
        v.description("A passage fits whose cosine to the question is at least this, or by minWords."),
      ),
      DEFAULT_KNOWLEDGE.minSimilarity,
    ),
    minWords: v.optional(
      v.pipe(
        amount(0, 1),
        v.description(
          "A passage fits that holds at least this share of the question's words, rare ones counting more.",
        ),
      ),
      DEFAULT_KNOWLEDGE.minWords,
    ),
  })),
  v.description("Lets the model search the documents that slimline ingest has taken in; null does not."),
);
