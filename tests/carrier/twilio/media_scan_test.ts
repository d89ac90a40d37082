import assert from "node:assert/strict";
import fc from "fast-check";
import { base64ByteLength, MediaScan } from "../../../src/carrier/twilio/media_scan.ts";
import { mediaText, STREAM_SID } from "../../support/stream_messages.ts";

/** The message of Twilio's own documentation, with the white space of the page taken out. */
const DOCUMENTED =
  `{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"5","payload":"no+JhoaJjpzS"},` +
  `"streamSid":"${STREAM_SID}"}`;

function scan(text: string, streamSid = STREAM_SID): { payload: string; timestampMs: number } | undefined {
  const scan = new MediaScan(streamSid);
  if (!scan.matches(text)) return undefined;
  return { payload: text.slice(scan.payloadStart, scan.payloadEnd), timestampMs: scan.timestampMs };
}

Deno.test("MediaScan finds payload and timestamp of a media message as Twilio sends it", () => {
  assert.deepEqual(scan(DOCUMENTED), { payload: "no+JhoaJjpzS", timestampMs: 5 });
});

Deno.test("MediaScan finds the number of a media message among all of its stream", () => {
  const scan = new MediaScan(STREAM_SID);
  assert.ok(scan.matches(DOCUMENTED));
  assert.equal(scan.sequence, 4);
});

Deno.test("MediaScan takes an empty payload and the longest number", () => {
  assert.deepEqual(scan(mediaText(999_999_999_999_999, "")), {
    payload: "",
    timestampMs: 999_999_999_999_999,
  });
});

Deno.test("MediaScan forgets the message before", () => {
  const scan = new MediaScan(STREAM_SID);
  assert.ok(scan.matches(mediaText(20, "AAAA")));
  assert.ok(scan.matches(mediaText(1234, "BBBBBBBB")));
  assert.equal(scan.timestampMs, 1234);
  assert.equal(mediaText(1234, "BBBBBBBB").slice(scan.payloadStart, scan.payloadEnd), "BBBBBBBB");
});

const deviations: Record<string, string> = {
  "nothing at all": "",
  "an event of the same length": DOCUMENTED.replace(`"media"`, `"medal"`),
  "a track of the same length": DOCUMENTED.replace("inbound", "indoors"),
  "another field in the timestamp's place": DOCUMENTED.replace("timestamp", "timetable"),
  "another field in the payload's place": DOCUMENTED.replace("payload", "pathway"),
  "another event": DOCUMENTED.replace(`"media"`, `"mark"`),
  "another stream": mediaText(5, "AAAA", STREAM_SID.replace("0", "1")),
  "another track": DOCUMENTED.replace("inbound", "outbound"),
  "another order of keys":
    `{"event":"media","streamSid":"${STREAM_SID}","sequenceNumber":"4","media":{"track":"inbound","chunk":"2",` +
    `"timestamp":"5","payload":"AAAA"}}`,
  "white space": DOCUMENTED.replaceAll(`,"`, `, "`),
  "a field more": DOCUMENTED.replace(`"chunk"`, `"extra":"1","chunk"`),
  "a field more at the end": DOCUMENTED.replace(/}$/, `,"extra":1}`),
  "a number where a string was": DOCUMENTED.replace(`"5"`, `5`),
  "a timestamp without digits": DOCUMENTED.replace(`"5"`, `""`),
  "a timestamp with a sign": DOCUMENTED.replace(`"5"`, `"-5"`),
  "a timestamp with a fraction": DOCUMENTED.replace(`"5"`, `"5.5"`),
  "a timestamp that a double cannot hold": DOCUMENTED.replace(`"5"`, `"1234567890123456"`),
  "a slash escaped in the payload": DOCUMENTED.replace("no+J", String.raw`no\/J`),
  "a quote escaped in the payload": DOCUMENTED.replace("no+J", String.raw`no\"J`),
  "a backslash at the payload's end": DOCUMENTED.replace("pzS", String.raw`pzS\\`),
  "a message cut short": DOCUMENTED.slice(0, -1),
  "a message cut in the payload": DOCUMENTED.slice(0, DOCUMENTED.indexOf("no+J") + 2),
  "text after the message": `${DOCUMENTED} `,
  "two messages in one": DOCUMENTED + DOCUMENTED,
};

for (const [name, text] of Object.entries(deviations)) {
  Deno.test(`MediaScan leaves ${name} to the full parser`, () => {
    assert.notEqual(text, DOCUMENTED);
    assert.equal(scan(text), undefined);
  });
}

Deno.test("MediaScan agrees with JSON.parse wherever it matches, whatever is changed in a message", () => {
  const payload = fc.oneof(fc.base64String({ maxLength: 40 }), fc.string({ maxLength: 20, unit: "binary" }));
  const streamSid = fc.oneof(fc.constant(STREAM_SID), fc.string({ maxLength: 8 }));
  const message = fc.record({
    timestamp: fc.oneof(fc.nat().map(String), fc.string({ maxLength: 4 })),
    payload,
    streamSid,
    media: fc.oneof({ weight: 5, arbitrary: fc.constant({}) }, {
      weight: 1,
      arbitrary: fc.dictionary(fc.string(), fc.string()),
    }),
  });
  let matched = 0;
  fc.assert(
    fc.property(message, fc.boolean(), (fields, escapesSlashes) => {
      const media = { track: "inbound", chunk: "2", timestamp: fields.timestamp, payload: fields.payload };
      const whole = {
        event: "media",
        sequenceNumber: "4",
        media: { ...media, ...fields.media },
        streamSid: fields.streamSid,
      };
      const plain = JSON.stringify(whole);
      const text = escapesSlashes ? plain.replaceAll("/", String.raw`\/`) : plain;
      const found = scan(text, fields.streamSid);
      if (!found) return;
      matched++;
      const parsed = JSON.parse(text);
      assert.deepEqual(found, { payload: parsed.media.payload, timestampMs: Number(parsed.media.timestamp) });
    }),
    { seed: 7, numRuns: 2000 },
  );
  assert.ok(matched > 200, `only ${matched} messages matched: the property says nothing`);
});

Deno.test("base64ByteLength() counts what the characters decode to", () => {
  for (const bytes of [0, 1, 2, 3, 159, 160, 161]) {
    const text = btoa("\xff".repeat(bytes));
    assert.equal(base64ByteLength(`<${text}>`, 1, 1 + text.length), bytes);
  }
  assert.equal(base64ByteLength("====", 2, 4), 0, "padding alone");
});
