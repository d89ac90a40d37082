import assert from "node:assert/strict";
import { lowered, raised } from "../../../src/knowledge/readers/clean_text.ts";

Deno.test("raised() keeps what is raised apart from the figure or word before it", () => {
  const cases: [before: string, inside: string, read: string][] = [
    ["25 m", "2", "25 m²"],
    ["12.50", "1,2", "12.50¹,²"],
    ["12.50", "1)", "12.50¹⁾"],
    ["10", "-6", "10⁻⁶"],
    ["Quattro Stagioni", "a,c", "Quattro Stagioni (a,c)"],
    ["Gnocchi", "A, G, 2", "Gnocchi (A, G, 2)"],
    ["Gnocchi", "G", "Gnocchi (G)"],
    ["the 1", "st", "the 1st"],
    ["le 2", "e", "le 2e"],
    ["n", "o", "no"],
    ["Soft", "TM", "SoftTM"],
    ["price", "*", "price*"],
  ];
  for (const [before, inside, read] of cases) assert.equal(before + raised(inside), read);
});

Deno.test("lowered() has digits of their own, too, and leaves words alone", () => {
  assert.equal(`H${lowered("2")}O`, "H₂O");
  assert.equal(`CO${lowered("2")} e${lowered("eq")}`, "CO₂ eeq");
});
