import assert from "node:assert/strict";
import { CallLookups, MAX_LOOKUP_BYTES } from "../../src/call/call_lookups.ts";
import type { GuardedAnswer, GuardedPost } from "../../src/egress/guarded_requests.ts";
import { requestSignature } from "../../src/util/request_signature.ts";
import { businessOf } from "../businesses/business_files.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { RecordingLog } from "../support/recording_log.ts";

const CALL = { callSid: "CA1", from: "+15550100001", to: "+15550100000" };
const business = await businessOf({
  instructions: "You talk to {{name}}, customer {{number}}.",
  lookup: {
    url: "https://crm.example.com/who",
    signingSecret: "s",
    headers: { "X-Key": "k", "content-type": "text/x" },
  },
});

/** Look-ups whose endpoint answers as a test says. */
function rig(answer: (post: GuardedPost) => Promise<GuardedAnswer> | GuardedAnswer) {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const posts: GuardedPost[] = [];
  const lookups = new CallLookups(
    {
      post: (post) => {
        posts.push(post);
        return Promise.resolve(answer(post));
      },
    },
    clock,
    log,
  );
  return { clock, log, posts, lookups };
}

const answering = (text: string, more: Partial<GuardedAnswer> = {}) =>
  rig(() => ({ status: 200, text, isCut: false, ...more }));

Deno.test("CallLookups asks a business about a call by a signed request, once, and hands its variables over once", async () => {
  const { lookups, posts, clock, log } = answering(
    '{"variables": {"name": "Ada", "number": 12, "else": "x"}}',
  );
  const begun = lookups.begin(business, CALL);
  assert.ok(lookups.isWaiting("CA1"));
  assert.deepEqual(await begun, { name: "Ada", number: "12" });
  assert.equal(await lookups.begin(business, CALL), await begun, "a webhook that is repeated");
  assert.deepEqual(await lookups.take(business, CALL), { name: "Ada", number: "12" });
  assert.equal(lookups.isWaiting("CA1"), false);
  assert.equal(posts.length, 1);
  const [{ url, headers, body }] = posts;
  assert.equal(url, "https://crm.example.com/who");
  assert.deepEqual(JSON.parse(body), {
    event: "call.incoming",
    call: { sid: "CA1", business: "acme", from: "+15550100001", to: "+15550100000" },
  });
  assert.deepEqual(headers, {
    accept: "application/json",
    "content-type": "application/json",
    "x-key": "k",
    ...await requestSignature("s", body, clock.epoch()),
  });
  assert.deepEqual(log.events.map(({ event }) => event), ["call_looked_up"]);
  assert.ok(!JSON.stringify(log.events).includes("Ada"));
  assert.equal(clock.pending, 0);
});

Deno.test("CallLookups asks at the stream where another process has answered the webhook", async () => {
  const { lookups, posts } = answering('{"variables": {"name": "Ada"}}');
  assert.deepEqual(await lookups.take(business, CALL), { name: "Ada" });
  assert.equal(posts.length, 1);
});

for (
  const [what, text, more] of [
    ["an error", "{}", { status: 500 }],
    ["a redirect", "{}", { status: 302 }],
    ["no JSON", "Ada"],
    ["another form", '["Ada"]'],
    ["too much", '{"variables": {}}', { isCut: true }],
  ] as [string, string, Partial<GuardedAnswer>?][]
) {
  Deno.test(`CallLookups logs ${what}, without what was said, and goes on without`, async () => {
    const { lookups, log, posts, clock } = answering(text, more);
    assert.deepEqual(await lookups.begin(business, CALL), {});
    assert.deepEqual(log.events.map(({ event }) => event), ["lookup_failed"]);
    assert.ok(!JSON.stringify(log.events).includes("Ada"));
    assert.equal(posts[0].maxBytes, MAX_LOOKUP_BYTES);
    assert.equal(clock.pending, 0);
  });
}

Deno.test("CallLookups waits for an answer as long as the business says, and no longer", async () => {
  const { lookups, log, clock } = rig(({ signal }) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted"))))
  );
  const asked = lookups.begin(business, CALL);
  while (clock.pending === 0) await Promise.resolve();
  clock.advance(999);
  await Promise.resolve();
  assert.deepEqual(log.events, []);
  // the signature is made outside of this thread
  await new Promise((resolve) => setTimeout(resolve, 20));
  clock.advance(1);
  assert.deepEqual(await asked, {});
  assert.match(JSON.stringify(log.events), /No answer within 1000 ms/);
});
