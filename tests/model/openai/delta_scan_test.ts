import assert from "node:assert/strict";
import fc from "fast-check";
import { DeltaScan, leadingType } from "../../../src/model/openai/delta_scan.ts";

interface Delta {
  delta: string;
  item_id: string;
  response_id: string;
}

function scan(text: string): Delta | undefined {
  const scan = new DeltaScan();
  if (!scan.matches(text)) return undefined;
  return {
    delta: text.slice(scan.audioStart, scan.audioEnd),
    item_id: scan.itemId,
    response_id: scan.responseId,
  };
}

const DOCUMENTED =
  `{"type":"response.output_audio.delta","event_id":"e","response_id":"resp_1","item_id":"item_a1",` +
  `"output_index":0,"content_index":0,"delta":"AAAA//8="}`;
const FOUND: Delta = { delta: "AAAA//8=", item_id: "item_a1", response_id: "resp_1" };

Deno.test("DeltaScan finds audio, item and response of a documented delta", () => {
  assert.deepEqual(scan(DOCUMENTED), FOUND);
});

Deno.test("DeltaScan takes the keys in any order, event_id last included", () => {
  const entries = Object.entries(JSON.parse(DOCUMENTED));
  for (let shift = 0; shift < entries.length; shift++) {
    const turned = [...entries.slice(shift), ...entries.slice(0, shift)];
    assert.deepEqual(scan(JSON.stringify(Object.fromEntries(turned))), FOUND);
  }
  const [type, eventId, ...rest] = entries;
  assert.deepEqual(scan(JSON.stringify(Object.fromEntries([type, ...rest, eventId]))), FOUND);
});

Deno.test("DeltaScan passes over fields that it does not know", () => {
  assert.deepEqual(scan(DOCUMENTED.replace(`"event_id"`, `"added_2027":"x","serial":-12,"event_id"`)), FOUND);
});

Deno.test("DeltaScan reads the ids of each message anew", () => {
  const scan = new DeltaScan();
  assert.ok(scan.matches(DOCUMENTED));
  assert.ok(scan.matches(DOCUMENTED.replace("item_a1", "item_a10").replace("resp_1", "resp_")));
  assert.deepEqual([scan.itemId, scan.responseId], ["item_a10", "resp_"]);
});

const deviations: Record<string, string> = {
  "nothing at all": "",
  "an empty object": "{}",
  "an array": `["delta"]`,
  "white space after a colon": DOCUMENTED.replace(`"delta":`, `"delta": `),
  "white space between fields": DOCUMENTED.replaceAll(`,"`, `, "`),
  "a line end after the object": `${DOCUMENTED}\n`,
  "an escape in an id": DOCUMENTED.replace("item_a1", String.raw`item\u005fa1`),
  "a quote escaped in an id": DOCUMENTED.replace("item_a1", String.raw`item\"a1`),
  "a slash escaped in the audio": DOCUMENTED.replace("AAAA/", String.raw`AAAA\/`),
  "a key with an escape": DOCUMENTED.replace("event_id", String.raw`event\u005fid`),
  "a nested object": DOCUMENTED.replace(`"content_index":0`, `"content_index":{"delta":"B"}`),
  "an array in a field": DOCUMENTED.replace(`"content_index":0`, `"content_index":[0]`),
  "null in a field": DOCUMENTED.replace(`"content_index":0`, `"content_index":null`),
  "a fraction": DOCUMENTED.replace(`"content_index":0`, `"content_index":0.5`),
  "an empty item": DOCUMENTED.replace("item_a1", ""),
  "an empty response": DOCUMENTED.replace("resp_1", ""),
  "no delta": DOCUMENTED.replace(`"delta"`, `"omega"`),
  "no item": DOCUMENTED.replace(`"item_id"`, `"other_id"`),
  "no response": DOCUMENTED.replace(`"response_id"`, `"responses__"`),
  "audio that is no string": DOCUMENTED.replace(`"AAAA//8="`, "0"),
  "a message cut short": DOCUMENTED.slice(0, -1),
  "a message cut in the audio": DOCUMENTED.slice(0, -4),
  "a key that does not begin with a quote": DOCUMENTED.replace(`"content_index"`, `'content_index"`),
  "a key without a value": DOCUMENTED.replace(/}$/, `,"more"}`),
  "a field without a value": DOCUMENTED.replace(`"content_index":0`, `"content_index":`),
  "a comma too many": DOCUMENTED.replace(/}$/, ",}"),
};

for (const [name, text] of Object.entries(deviations)) {
  Deno.test(`DeltaScan leaves ${name} to the full parser`, () => {
    assert.notEqual(text, DOCUMENTED);
    assert.equal(scan(text), undefined);
  });
}

Deno.test("DeltaScan agrees with JSON.parse wherever it matches, whatever a message holds", () => {
  const text = fc.oneof(
    { weight: 3, arbitrary: fc.stringMatching(/^[\w+/=]{0,12}$/) },
    { weight: 1, arbitrary: fc.string({ maxLength: 6, unit: "binary" }) },
  );
  const value = fc.oneof({ weight: 6, arbitrary: text }, { weight: 3, arbitrary: fc.integer() }, {
    weight: 1,
    arbitrary: fc.jsonValue({ maxDepth: 1 }),
  });
  const awkward = fc.constantFrom(`a":`, `":"`, `,"delta`, `"`, "\\", "delta2", "itemsid");
  const message = fc.tuple(
    fc.record({ delta: text, item_id: text, response_id: text }),
    fc.array(fc.tuple(fc.oneof(text, awkward), fc.oneof(value, awkward)), { maxLength: 5 }),
    fc.array(fc.nat({ max: 100 }), { minLength: 8, maxLength: 8 }),
  ).map(([wanted, extra, ranks]) => {
    const entries = [...Object.entries(wanted), ...extra.filter(([key]) => !Object.hasOwn(wanted, key))];
    const order = entries.map((_, index) => index).sort((a, b) => ranks[a] - ranks[b]);
    return Object.fromEntries(order.map((index) => entries[index]));
  });
  let matched = 0;
  fc.assert(
    fc.property(message, (event) => {
      const found = scan(JSON.stringify(event));
      if (!found) return;
      matched++;
      const { delta, item_id, response_id } = event;
      assert.deepEqual(found, { delta, item_id, response_id });
    }),
    { seed: 11, numRuns: 3000 },
  );
  assert.ok(matched > 300, `only ${matched} messages matched: the property says nothing`);
});

Deno.test("leadingType() reads the type of a message that begins with it, and of no other", () => {
  assert.equal(leadingType(DOCUMENTED), "response.output_audio.delta");
  assert.equal(leadingType(`{"event_id":"e","type":"error"}`), undefined);
  assert.equal(leadingType(`{"type":"cut`), undefined);
  assert.equal(leadingType(` {"type":"error"}`), undefined);
});
