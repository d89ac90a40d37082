import { distance } from "fastest-levenshtein";

/** The one of the known words that was probably meant by a misspelt one; undefined where none is near. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // Two letters that changed places are two steps.
  const mostSteps = word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3));
  const ranked = known.map((one) => ({ one, steps: distance(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ steps }) => steps <= mostSteps)
    .sort((a, b) => a.steps - b.steps);
  return ranked[0]?.one;
}
