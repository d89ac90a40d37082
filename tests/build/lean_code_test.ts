import assert from "node:assert/strict";
import { leanCode, UnforeseenCodeError } from "../../build/lean_code.ts";

/** What a module whose source is `code` exports as `default`. */
async function valueOf(code: string): Promise<unknown> {
  return (await import(`data:text/javascript;charset=utf-8,${encodeURIComponent(code)}`)).default;
}

Deno.test("Lean code does the same, in characters that V8 holds in one byte each", async () => {
  const code = [
    "const größe = '… “é” 元 🎵 \\n', naïveŁ = `—${größe}—`;",
    "const patterns = [/^[ァ-ヶ]+$/, /^[🎵🎶]$/u, /^[\\p{L}–]+$/v, /元|[^é€]/g];",
    "export default { größe, naïveŁ, 'schlüssel→': 1, hits: patterns.map((one) =>",
    "  ['アイ', '🎶', 'ab–', '元x€', 'é'].map((text) => text.match(one)?.[0])) }; // ends…",
  ].join("\n");
  const lean = leanCode(code);
  assert.doesNotMatch(lean, /[^\0-\xff]/);
  assert.match(lean, /größe/, "Latin-1 stays as it is");
  assert.deepEqual(await valueOf(lean), await valueOf(code));
});

Deno.test("A package in CommonJS that asks for a module of Node's still gets it, and not before", async () => {
  const chunk = [
    "var __getOwnPropNames = Object.getOwnPropertyNames;",
    'import { createRequire as __deno_internal_createRequire } from "node:module";',
    "var __require = __deno_internal_createRequire(import.meta.url);",
    "",
    'export default typeof __require("node:buffer").Buffer.from;',
  ].join("\n");
  const lean = leanCode(chunk);
  assert.doesNotMatch(lean, /node:module/);
  assert.equal(await valueOf(lean), "function");
});

Deno.test("Where an escape would not be read as the character, no bundle is made", () => {
  assert.throws(() => leanCode("const a = 1;\nconst b = '\\…';"), (error) => {
    assert.ok(error instanceof UnforeseenCodeError);
    assert.match(error.message, /… in const b = '\\…';$/);
    return true;
  });
  assert.throws(() => leanCode("String.raw`→`"), UnforeseenCodeError);
});
