import assert from "node:assert/strict";
import { escapeXml } from "../../src/util/escape_xml.ts";

Deno.test("escapeXml() escapes what ends an attribute or opens an element, each once", () => {
  assert.equal(escapeXml(`<a b="c">&amp;</a>`), "&lt;a b=&quot;c&quot;&gt;&amp;amp;&lt;/a&gt;");
});

Deno.test("escapeXml() drops the characters that XML cannot hold, or had better not, and keeps the others", () => {
  assert.equal(escapeXml("a\u0000b\u0008c\u001fd\uffffe\u007ff\u0085g"), "abcdefg");
  assert.equal(escapeXml("tab\tline\nreturn\ré €"), "tab\tline\nreturn\ré €");
});
