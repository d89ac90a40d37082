import assert from "node:assert/strict";
import { type Business, DEFAULT_BUSINESS, NO_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory, MAX_RETIRED } from "../../src/businesses/directory.ts";

const business = (id: string, ...numbers: string[]): Business => ({ ...DEFAULT_BUSINESS, id, numbers });

Deno.test("BusinessDirectory finds by number and by id, and knows what belongs to nobody", () => {
  const [a, b] = [business("a", "+15550100001"), business("b", "+15550100002", "+15550100003")];
  const directory = new BusinessDirectory([a, b]);
  assert.equal(directory.forNumber("+15550100003"), b);
  assert.equal(directory.byId("a"), a);
  for (const unknown of [directory.forNumber("+15550100009"), directory.forNumber(""), directory.byId("c")]) {
    assert.equal(unknown, NO_BUSINESS);
  }
  assert.equal(directory.mayCall(NO_BUSINESS), false);
});

Deno.test("BusinessDirectory gives a business without numbers all that are nobody else's", () => {
  const directory = new BusinessDirectory([business("a", "+15550100001"), business("all")]);
  assert.equal(directory.forNumber("+15550100001").id, "a");
  assert.equal(directory.forNumber("+15550100009").id, "all");
});

// https://github.com/techmatters/flex-plugins/pull/3517, https://github.com/livekit/protocol/pull/737
Deno.test("BusinessDirectory finds a number in the address of a SIP domain or a trunk, and no other in it", () => {
  const a = { ...DEFAULT_BUSINESS, id: "a", numbers: ["+15550100001"] };
  const directory = new BusinessDirectory([a]);
  const addresses = [
    "sip:+15550100001@acme.sip.twilio.com",
    "SIPS:15550100001@acme.sip.us1.twilio.com;transport=tls",
    "15550100001",
    " 15550100001",
    "+1 (555) 010-0001",
  ];
  for (const address of addresses) assert.equal(directory.forNumber(address), a, address);
  for (
    const address of ["sip:reception@15550100001.sip.twilio.com", "client:15550100001", "5550100001", "sip:@"]
  ) {
    assert.equal(directory.forNumber(address), NO_BUSINESS, address);
  }
});

Deno.test("BusinessDirectory remembers a bounded number of businesses that are gone", () => {
  const directory = new BusinessDirectory([]);
  for (let n = 0; n <= MAX_RETIRED + 5; n++) directory.replace([business(`b${n}`)]);
  assert.equal(directory.byId("b4"), NO_BUSINESS);
  assert.equal(directory.byId("b5").id, "b5");
});
