import * as v from "valibot";

const price = v.pipe(v.number(), v.minValue(0));

/** Prices as JSON, of the shape that `PriceTable` in `call/journal/prices.ts` has; every part may be left out. */
export const priceTable = {
  schema: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      try {
        return JSON.parse(dataset.value);
      } catch {
        addIssue({ message: "must be JSON" });
        return NEVER;
      }
    }),
    v.strictObject({
      models: v.optional(v.record(
        v.string(),
        v.strictObject(
          {
            textIn: price,
            cachedTextIn: price,
            textOut: price,
            audioIn: price,
            cachedAudioIn: price,
            audioOut: price,
          },
          "must give each model textIn, cachedTextIn, textOut, audioIn, cachedAudioIn and audioOut, in USD a million tokens",
        ),
      )),
      transcription: v.optional(v.record(
        v.string(),
        v.strictObject(
          { tokensIn: v.optional(price), tokensOut: v.optional(price), minute: v.optional(price) },
          "must give each transcription model tokensIn and tokensOut in USD a million tokens, or minute in USD",
        ),
      )),
    }, "must be an object with models and transcription"),
  ),
};
