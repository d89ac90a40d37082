import assert from "node:assert/strict";
import { maskNumber, redact } from "../../../src/observability/redaction/redact_attributes.ts";

Deno.test("redact() masks numbers to their last two digits and spoken words to their length", () => {
  assert.deepEqual(
    redact({
      from: "+15550000123",
      to: "+15550000456",
      number: "+15550000789",
      transcript: "my card is 4111",
      words: "hello",
      digits: "1234",
      name: "Zoë",
    }),
    {
      from: "…23",
      to: "…56",
      number: "…89",
      transcript: "(15 characters)",
      words: "(5 characters)",
      digits: "(4 characters)",
      name: "(3 characters)",
    },
  );
});

Deno.test("redact() leaves everything else as it is, and the original untouched", () => {
  const attributes = { call: "CA1", reason: "full", rss: 50, from: "+15550000123", to: undefined };
  assert.deepEqual(redact(attributes), { ...attributes, from: "…23" });
  assert.equal(attributes.from, "+15550000123");
});

Deno.test("redact() masks what a message from elsewhere quotes", () => {
  assert.deepEqual(redact({ message: "no such user: ann@example.com, 4242 4242 4242 4242", port: 27017 }), {
    message: "no such user: [e-mail address], [card number]",
    port: 27017,
  });
  assert.deepEqual(redact({ message: "refused: DE89 3704 0044 0532 0130 00" }), {
    message: "refused: [account number]",
  });
});

Deno.test("maskNumber() shows nothing of a number so short that two digits tell much", () => {
  assert.deepEqual(["", "1", "1234", "12345"].map(maskNumber), ["…", "…", "…", "…45"]);
});

Deno.test("redact() cuts off a message from elsewhere, before it takes long to look at", () => {
  const { message } = redact({ message: "4242 4242 4242 4242 ".repeat(50_000) });
  assert.match(String(message), /^(?:\[card number\] ?|[^\d])+/);
  assert.ok(String(message).length < 2_500, `${String(message).length} characters`);
});
