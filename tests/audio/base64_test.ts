import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type Base64Codec,
  base64Length,
  bufferBase64,
  decodeBase64,
  encodeBase64,
  nativeBase64,
} from "../../src/audio/base64.ts";

const bytes = fc.uint8Array({ maxLength: 400 });

Deno.test("encodeBase64() gives RFC 4648's test vectors", () => {
  const vectors = [["", ""], ["f", "Zg=="], ["fo", "Zm8="], ["foo", "Zm9v"], ["foobar", "Zm9vYmFy"]];
  for (const [plain, text] of vectors) assert.equal(encodeBase64(new TextEncoder().encode(plain)), text);
});

Deno.test("decodeBase64() decodes a long text block by block", () => {
  fc.assert(fc.property(bytes, fc.integer({ min: 1, max: 40 }), (expected, groups) => {
    const text = `{"delta":"${encodeBase64(expected)}"}`;
    const end = text.length - 2;
    const block = new Uint8Array(groups * 3);
    const decoded: number[] = [];
    for (let position = 10; position < end;) {
      const written = decodeBase64(text, position, end, block);
      decoded.push(...block.subarray(0, written));
      position += base64Length(written);
    }
    assert.deepEqual(Uint8Array.from(decoded), expected);
  }));
});

for (const [name, codec] of Object.entries({ nativeBase64, bufferBase64 })) {
  Deno.test(`${name} refuses what is not strict base64`, () => {
    const malformed = [
      "A",
      "AA",
      "AAA",
      "AA=",
      "AA===",
      "=",
      "AB==",
      "AAB=",
      "AA==AAAA",
      "AA AA",
      "AAAA\n",
      " ",
      "AA-_",
      "AA*A",
      "ÄAAA",
    ];
    for (const text of malformed) {
      assert.throws(() => codec.decode(text, new Uint8Array(30)), { code: "audio_bad_base64" }, text);
    }
  });
}

Deno.test("decodeBase64() refuses padding before the last group, also at the end of a block", () => {
  for (const text of ["AA==AAAA", "AAA=AAAA"]) {
    assert.throws(() => decodeBase64(text, 0, 8, new Uint8Array(3)), { code: "audio_bad_base64" });
  }
});

Deno.test("the fallback by node:buffer does what the native methods do", () => {
  const texts = fc.oneof(
    bytes.map((bytes) => nativeBase64.encode(bytes)),
    fc.string({ unit: fc.constantFrom(..."AQgwz09+/=- \n"), maxLength: 24 }),
  );
  fc.assert(
    fc.property(texts, (text) => assert.deepEqual(outcome(bufferBase64, text), outcome(nativeBase64, text))),
    { numRuns: 3_000 },
  );
  fc.assert(
    fc.property(bytes, (bytes) => assert.equal(bufferBase64.encode(bytes), nativeBase64.encode(bytes))),
  );
});

Deno.test("decodeBase64() decodes a payload in the middle of a message", () => {
  const target = new Uint8Array(6);
  assert.equal(decodeBase64("«//9/»", 1, 5, target), 3);
  assert.deepEqual(target.subarray(0, 3), Uint8Array.of(0xff, 0xff, 0x7f));
  assert.equal(decodeBase64("«//9/»", 1, 5, new Uint8Array(3)), 3, "it fits exactly");
});

/** The bytes of a text, or the code of the error. */
function outcome(codec: Base64Codec, text: string): unknown {
  const target = new Uint8Array(600);
  try {
    return target.slice(0, codec.decode(text, target));
  } catch (error) {
    return (error as { code?: string }).code;
  }
}
