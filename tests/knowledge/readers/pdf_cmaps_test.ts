import assert from "node:assert/strict";
import { CMapReader } from "../../../src/knowledge/readers/pdf_cmaps.ts";

Deno.test("CMaps that could not be unpacked once, for want of memory, are there for the next font", async () => {
  const asked = { kind: "cMapUrl", filename: "GBK-EUC-H.bcmap" };
  const { DecompressionStream } = globalThis;
  globalThis.DecompressionStream = class {
    constructor() {
      throw new RangeError("Array buffer allocation failed");
    }
  } as unknown as typeof DecompressionStream;
  try {
    await assert.rejects(new CMapReader().fetch(asked), /allocation failed/);
  } finally {
    globalThis.DecompressionStream = DecompressionStream;
  }
  assert.ok((await new CMapReader().fetch(asked)).length > 0);
});
