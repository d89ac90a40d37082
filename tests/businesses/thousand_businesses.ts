const COUNT = 1_000;

/** The number that a business of the thousand answers. */
export const numberOf = (n: number): string => `+1555${String(1_000_000 + n)}`;

/** A thousand businesses with instructions, greeting, transfer, keys and fallback: the text of each file by its name. */
export function thousandBusinesses(): Map<string, string> {
  return new Map(Array.from({ length: COUNT }, (_, n) => [
    `b${n}.json`,
    JSON.stringify({
      name: `Business ${n}`,
      numbers: [numberOf(n)],
      instructions: `You answer the telephone of business ${n}. ${"Be brief and warm. ".repeat(25)}`,
      greeting: { instructions: `Greet for business ${n}.` },
      transfers: [{ name: "Reception", description: "For all else.", number: "+15550100001" }],
      keys: { "#": { action: "transfer", target: "Reception" } },
      fallback: { words: "Please call again.", forwardTo: "+15550100001" },
    }),
  ]));
}
