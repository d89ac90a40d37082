import assert from "node:assert/strict";
import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import { MAX_OPEN_ITEMS, PlaybackLedger } from "../../../src/call/playback/playback_ledger.ts";
import { PlayoutClock } from "../../../src/call/playback/playout_clock.ts";

function newLedger(): PlaybackLedger {
  return new PlaybackLedger(new PlayoutClock());
}

/** An item of `ms` that is received, sent at `nowMs` and complete. */
function sendItem(ledger: PlaybackLedger, itemId: string, ms: number, nowMs: number): void {
  ledger.received(itemId, "resp_1", ms * BYTES_PER_MS);
  ledger.sent(ms * BYTES_PER_MS, nowMs);
  ledger.complete(itemId, ms);
}

Deno.test("PlaybackLedger gives runs that end with their item", () => {
  const ledger = newLedger();
  assert.equal(ledger.nextRun(3200), 0);
  ledger.received("item_1", "resp_1", 1000);
  ledger.received("item_2", "resp_1", 5000);
  assert.equal(ledger.nextRun(600), 600);
  assert.equal(ledger.nextRun(3200), 1000);
  ledger.sent(1000, 0);
  assert.equal(ledger.nextRun(3200), 3200);
});

Deno.test("PlaybackLedger says when the end of a complete item goes out, and only then", () => {
  const ledger = newLedger();
  ledger.received("item_1", "resp_1", 1600);
  assert.equal(ledger.complete("item_1", 200), false, "all of it still waits");
  assert.equal(ledger.sent(800, 0), false);
  assert.equal(ledger.sent(800, 0), true);
  ledger.received("item_2", "resp_1", 800);
  assert.equal(ledger.sent(800, 0), false, "more of it may come");
  assert.equal(ledger.complete("item_2", 100), true);
  assert.equal(ledger.complete("item_2", 100), false, "once is enough");
  assert.equal(ledger.complete("nobody", 100), false);
});

Deno.test("PlaybackLedger closes items whose end was echoed, in order, and no sooner", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  sendItem(ledger, "item_2", 100, 0);
  const ends = () => [ledger.endMs("item_1"), ledger.endMs("item_2")];
  ledger.played(0, 799, 100);
  assert.deepEqual(ends(), [100, 200]);
  ledger.played(0, 800, 100);
  assert.deepEqual(ends(), [undefined, 200]);
  ledger.played(0, 1600, 200);
  assert.deepEqual(ends(), [undefined, undefined]);
});

Deno.test("PlaybackLedger closes no item by an echo of another generation, nor of what was not sent", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.played(1, 800, 100);
  ledger.played(0, 801, 100);
  assert.equal(ledger.lastItemId, "item_1");
  ledger.interrupt(50);
  sendItem(ledger, "item_2", 100, 50);
  ledger.played(0, 800, 60);
  assert.equal(ledger.lastItemId, "item_2");
});

Deno.test("PlaybackLedger keeps a bounded number of items of a peer that never echoes", () => {
  const ledger = newLedger();
  for (let i = 0; i < MAX_OPEN_ITEMS + 10; i++) sendItem(ledger, `item_${i}`, 10, 0);
  const open = ledger.interrupt(0);
  assert.deepEqual([open.length, open[0].itemId], [MAX_OPEN_ITEMS, "item_10"]);
});

Deno.test("PlaybackLedger says how much of what waits went with the oldest item", () => {
  const ledger = newLedger();
  assert.equal(ledger.received("item_0", "resp_1", 1_000), 0);
  ledger.sent(400, 0);
  for (let i = 1; i < MAX_OPEN_ITEMS; i++) assert.equal(ledger.received(`item_${i}`, "resp_1", 10), 0);
  assert.equal(ledger.received("item_256", "resp_1", 10), 600);
  assert.equal(ledger.nextRun(5_000), 10, "the next bytes that wait are the next item's");
});

Deno.test("PlaybackLedger tells when items begin and end, those that wait behind others too", () => {
  const ledger = newLedger();
  ledger.received("item_1", "resp_1", 1600);
  ledger.received("item_2", "resp_1", 800);
  ledger.received("item_3", "resp_1", 800);
  const starts = () => ["item_1", "item_2", "item_4"].map((itemId) => ledger.startMs(itemId));
  const ends = () => ["item_1", "item_2", "item_3", "item_4"].map((itemId) => ledger.endMs(itemId));
  assert.deepEqual(starts(), [undefined, undefined, undefined], "nothing was sent");
  ledger.sent(1, 1000);
  assert.deepEqual(starts(), [1000, undefined, undefined]);
  assert.deepEqual(ends(), [1200, 1300, 1400, undefined]);
  ledger.sent(1599, 1000);
  ledger.sent(800, 1100);
  assert.deepEqual(starts(), [1000, 1200, undefined]);
  assert.deepEqual(ends(), [1200, 1300, 1400, undefined]);
});

Deno.test("PlaybackLedger knows the response that the caller has not heard all of", () => {
  const ledger = newLedger();
  ledger.received("item_1", "resp_1", 9);
  ledger.received("item_2", "resp_2", 8);
  ledger.sent(8, 0);
  assert.equal(ledger.isUnheard("resp_1", 1), true, "a byte waits");
  ledger.sent(1, 0.5);
  ledger.sent(8, 0.5);
  assert.deepEqual([0.5, 1.125].map((atMs) => ledger.isUnheard("resp_1", atMs)), [true, false]);
  assert.deepEqual([2, 2.125].map((atMs) => ledger.isUnheard("resp_2", atMs)), [true, false]);
  assert.equal(ledger.isUnheard("resp_3", 0), false);
});

Deno.test("PlaybackLedger sends a single byte, and nothing where nothing waits", () => {
  const playout = new PlayoutClock();
  const ledger = new PlaybackLedger(playout);
  assert.equal(ledger.sent(8, 0), false);
  assert.equal(playout.sentBytes, 0);
  ledger.received("item_1", "resp_1", 1);
  assert.equal(ledger.nextRun(100), 1);
  ledger.sent(1, 0);
  assert.deepEqual([ledger.nextRun(100), playout.sentBytes], [0, 1]);
});

Deno.test("PlaybackLedger keeps an item that was played as far as it came, while more of it is to come or waits", () => {
  const ledger = newLedger();
  ledger.received("item_1", "resp_1", 8);
  ledger.sent(8, 0);
  ledger.played(0, 8, 1);
  assert.equal(ledger.lastItemId, "item_1", "it is not complete");
  ledger.received("item_1", "resp_1", 1);
  ledger.complete("item_1", 1);
  ledger.played(0, 8, 1);
  assert.equal(ledger.lastItemId, "item_1", "a byte waits");
  assert.equal(ledger.interrupt(1).length, 1);
});

Deno.test("PlaybackLedger cuts nothing off at the very end, and received no more than the model made", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 500, 0);
  assert.deepEqual(ledger.interrupt(500), []);
  const tail = newLedger();
  tail.received("item_1", "resp_1", 110 * BYTES_PER_MS);
  tail.complete("item_1", 100);
  assert.equal(tail.interrupt(0)[0].receivedMs, 100);
});

Deno.test("PlaybackLedger rounds what was heard down to the millisecond, of an item's first bytes, too", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 500, 0);
  assert.deepEqual(ledger.interrupt(200.9).map(({ heardMs }) => heardMs), [200]); // 1,607 bytes
  sendItem(ledger, "item_2", 1 / BYTES_PER_MS, 1000);
  assert.deepEqual(ledger.interrupt(1000).map(({ itemId, heardMs }) => [itemId, heardMs]), [["item_2", 0]]);
});

Deno.test("PlaybackLedger knows whether an item is the only one that was not heard to its end", () => {
  const ledger = newLedger();
  assert.equal(ledger.isAlone("item_1", 0), true, "there is nothing else");
  sendItem(ledger, "item_1", 100, 0);
  assert.equal(ledger.isAlone("item_1", 50), true);
  assert.equal(ledger.isAlone("item_2", 50), false);
  sendItem(ledger, "item_2", 100, 0);
  assert.deepEqual(["item_1", "item_2"].map((itemId) => ledger.isAlone(itemId, 50)), [false, false]);
  assert.equal(ledger.isAlone("item_2", 100), true);
  assert.equal(ledger.isAlone("item_3", 200), true, "all was heard");
});

Deno.test("PlaybackLedger tells items apart no longer once it was interrupted", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.divide();
  ledger.interrupt(50);
  assert.equal(ledger.isDivided, false);
});

Deno.test("PlaybackLedger still tells items apart when it pauses after some of them were heard", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  sendItem(ledger, "item_2", 100, 0);
  ledger.divide();
  sendItem(ledger, "item_3", 100, 0);
  assert.equal(ledger.pause(150, 0, 0).position, 150 * BYTES_PER_MS);
  assert.deepEqual(["item_2", "item_3"].map((itemId) => ledger.isEarlier(itemId)), [true, false]);
  assert.deepEqual(ledger.laterIds, ["item_3"]);
  assert.equal(ledger.earlierBytes, 50 * BYTES_PER_MS);
});

Deno.test("PlaybackLedger divides items once, where it was first asked to, and forgets one side or the other", () => {
  const divided = () => {
    const ledger = newLedger();
    ledger.received("item_1", "resp_1", 800);
    ledger.divide();
    ledger.received("item_2", "resp_2", 1600);
    ledger.divide();
    return ledger;
  };
  const kept = divided();
  assert.deepEqual(["item_1", "item_2", "item_3"].map((itemId) => kept.isEarlier(itemId)), [
    true,
    false,
    false,
  ]);
  assert.equal(kept.earlierBytes, 800);
  assert.equal(kept.unheardEarlierBytes(0), 800);
  kept.unite();
  assert.equal(kept.isEarlier("item_2"), true);
  const withoutEarlier = divided();
  withoutEarlier.dropEarlier();
  assert.deepEqual([withoutEarlier.isDivided, withoutEarlier.lastItemId], [false, "item_2"]);
  assert.equal(withoutEarlier.nextRun(9000), 1600);
  const withoutLater = divided();
  withoutLater.dropLater();
  assert.deepEqual([withoutLater.isDivided, withoutLater.lastItemId], [false, "item_1"]);
});

Deno.test("PlaybackLedger counts what nobody has heard of the items before the division", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.received("item_2", "resp_1", 1600);
  ledger.sent(400, 0);
  ledger.divide();
  ledger.received("item_3", "resp_2", 5000);
  assert.deepEqual([50, 125, 1000].map((atMs) => ledger.unheardEarlierBytes(atMs)), [2000, 1400, 1200]);
  assert.deepEqual(ledger.interrupt(125).map(({ receivedMs }) => receivedMs), [200, 625]);
});

Deno.test("PlaybackLedger knows of no division where there is none", () => {
  const ledger = newLedger();
  ledger.received("item_1", "resp_1", 800);
  assert.equal(ledger.isEarlier("item_1"), true);
  assert.deepEqual(ledger.laterIds, []);
  assert.equal(ledger.earlierBytes, 800);
  ledger.dropEarlier();
  ledger.dropLater();
  assert.equal(ledger.lastItemId, "item_1");
});

Deno.test("PlaybackLedger moves the division when items before it were heard", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 100, 0);
  sendItem(ledger, "item_2", 100, 0);
  ledger.divide();
  sendItem(ledger, "item_3", 100, 0);
  ledger.played(0, 800, 100);
  assert.deepEqual(["item_2", "item_3"].map((itemId) => ledger.isEarlier(itemId)), [true, false]);
  ledger.played(0, 1600, 200);
  assert.equal(ledger.isEarlier("item_3"), false);
  ledger.pause(250, 0, 0);
  assert.deepEqual([ledger.isEarlier("item_3"), ledger.laterIds], [false, ["item_3"]]);
});

Deno.test("PlaybackLedger goes on from a pause at the very byte, and from its time", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 1000, 0);
  ledger.pause(200.9, 0, 0); // after 1,607 bytes
  assert.equal(ledger.endMs("item_1"), 200.9 + (8000 - 1607) / BYTES_PER_MS);
  assert.deepEqual(ledger.interrupt(201).map(({ heardMs }) => heardMs), [200]);
});

Deno.test("PlaybackLedger closes no item of a peer that echoes before the audio could be played", () => {
  const ledger = newLedger();
  sendItem(ledger, "item_1", 2000, 0);
  ledger.played(0, 2000 * BYTES_PER_MS, 150);
  assert.equal(ledger.lastItemId, "item_1", "it is still to be heard");
  assert.deepEqual(ledger.interrupt(1500).map(({ heardMs }) => heardMs), [1500]);
});
