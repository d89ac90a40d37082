import { BYTES_PER_MS } from "../../../src/audio/mulaw.ts";
import assert from "node:assert/strict";
import { MAX_OPEN_ITEMS, PlaybackLedger } from "../../../src/call/playback/playback_ledger.ts";

/** An item of `ms` that is received, sent at `nowMs` and complete. */
function sendItem(ledger: PlaybackLedger, itemId: string, ms: number, nowMs: number): void {
  ledger.received(itemId, "resp_1", ms * BYTES_PER_MS);
  ledger.sent(ms * BYTES_PER_MS, nowMs);
  ledger.complete(itemId, ms);
}

Deno.test("PlaybackLedger plays 8 bytes a millisecond from the moment that audio is sent, and never past it", () => {
  const ledger = new PlaybackLedger();
  assert.equal(ledger.isDry(1000), true);
  sendItem(ledger, "item_1", 500, 1000);
  assert.deepEqual([1000, 1001, 1400, 1500, 9000].map((atMs) => ledger.positionAt(atMs)), [
    0,
    8,
    3200,
    4000,
    4000,
  ]);
  assert.deepEqual([1499.9, 1500].map((atMs) => ledger.isDry(atMs)), [false, true]);
  assert.equal(ledger.timeAt(3200), 1400);
});

Deno.test("PlaybackLedger goes on from where it was when audio comes after a silence", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 100, 0);
  sendItem(ledger, "item_2", 100, 5000);
  assert.equal(ledger.positionAt(5000), 800);
  assert.equal(ledger.positionAt(5050), 1200);
});

Deno.test("PlaybackLedger queues audio that comes while other audio plays", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 100, 0);
  sendItem(ledger, "item_2", 100, 50);
  assert.equal(ledger.timeAt(1600), 200);
});

Deno.test("PlaybackLedger gives runs that end with their item", () => {
  const ledger = new PlaybackLedger();
  assert.equal(ledger.nextRun(3200), 0);
  ledger.received("item_1", "resp_1", 1000);
  ledger.received("item_2", "resp_1", 5000);
  assert.equal(ledger.nextRun(600), 600);
  assert.equal(ledger.nextRun(3200), 1000);
  ledger.sent(1000, 0);
  assert.equal(ledger.nextRun(3200), 3200);
});

Deno.test("PlaybackLedger says when the end of a complete item goes out, and only then", () => {
  const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
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

Deno.test("PlaybackLedger believes no echo of another generation, and none of what was not sent", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.played(1, 800, 100);
  ledger.played(0, 801, 100);
  assert.equal(ledger.lastItemId, "item_1");
  ledger.interrupt(50);
  sendItem(ledger, "item_2", 100, 50);
  assert.equal(ledger.generation, 1);
  ledger.played(0, 800, 60);
  assert.equal(ledger.lastItemId, "item_2");
});

Deno.test("PlaybackLedger moves its clock when several echoes in a row are late by more than jitter", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(100);
  sendItem(ledger, "item_1", 4000, 0);
  const echo = (atMs: number, lateMs: number) => ledger.played(0, atMs * BYTES_PER_MS, atMs + 100 + lateMs);
  for (const [atMs, lateMs] of [[400, 300], [800, 320], [1200, 310]]) echo(atMs, lateMs);
  assert.equal(ledger.timeAt(0), 0, "three may be chance");
  echo(1600, 305);
  assert.equal(ledger.timeAt(0), 300, "the least late was held up least on its way back");
  for (const atMs of [2000, 2400, 2800, 3200]) echo(atMs, 300);
  assert.equal(ledger.timeAt(0), 300);
});

Deno.test("PlaybackLedger takes jitter of up to 20 ms for jitter, and one punctual echo for the truth", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(100);
  sendItem(ledger, "item_1", 8000, 0);
  const lateness = [20, 20, 20, 20, 500, 500, 500, 0, 500, 500, 500, 15];
  for (const [index, lateMs] of lateness.entries()) {
    const atMs = (index + 1) * 400;
    ledger.played(0, atMs * BYTES_PER_MS, atMs + 100 + lateMs);
  }
  assert.equal(ledger.timeAt(0), 0);
});

Deno.test("PlaybackLedger leaves its clock alone while the round trip is unknown", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 4000, 0);
  for (const atMs of [400, 800, 1200, 1600, 2000]) ledger.played(0, atMs * BYTES_PER_MS, atMs + 700);
  assert.equal(ledger.timeAt(0), 0);
});

Deno.test("PlaybackLedger keeps a bounded number of items of a peer that never echoes", () => {
  const ledger = new PlaybackLedger();
  for (let i = 0; i < MAX_OPEN_ITEMS + 10; i++) sendItem(ledger, `item_${i}`, 10, 0);
  const open = ledger.interrupt(0);
  assert.deepEqual([open.length, open[0].itemId], [MAX_OPEN_ITEMS, "item_10"]);
});

Deno.test("PlaybackLedger says how much of what waits went with the oldest item", () => {
  const ledger = new PlaybackLedger();
  assert.equal(ledger.received("item_0", "resp_1", 1_000), 0);
  ledger.sent(400, 0);
  for (let i = 1; i < MAX_OPEN_ITEMS; i++) assert.equal(ledger.received(`item_${i}`, "resp_1", 10), 0);
  assert.equal(ledger.received("item_256", "resp_1", 10), 600);
  assert.equal(ledger.nextRun(5_000), 10, "the next bytes that wait are the next item's");
});

Deno.test("PlaybackLedger tells when items begin and end, those that wait behind others too", () => {
  const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
  assert.equal(ledger.sent(8, 0), false);
  assert.equal(ledger.sentBytes, 0);
  ledger.received("item_1", "resp_1", 1);
  assert.equal(ledger.nextRun(100), 1);
  ledger.sent(1, 0);
  assert.deepEqual([ledger.nextRun(100), ledger.sentBytes], [0, 1]);
});

Deno.test("PlaybackLedger keeps an item that was played as far as it came, while more of it is to come or waits", () => {
  const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 500, 0);
  assert.deepEqual(ledger.interrupt(500), []);
  const tail = new PlaybackLedger();
  tail.received("item_1", "resp_1", 110 * BYTES_PER_MS);
  tail.complete("item_1", 100);
  assert.equal(tail.interrupt(0)[0].receivedMs, 100);
});

Deno.test("PlaybackLedger calls a mark overdue 1,500 ms after its echo should have been back, and trusts the clock no more", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(100);
  sendItem(ledger, "item_1", 2000, 0);
  ledger.mark();
  // The next mark stands behind 400 ms; its echo is due at 500.
  assert.deepEqual([2000, 2000.1].map((atMs) => ledger.isOverdue(atMs)), [false, true]);
  assert.deepEqual([2000, 2000.1].map((atMs) => ledger.positionAt(atMs)), [16_000, 3200]);
  ledger.played(0, 3200, 500);
  // Now it is the one behind 800 ms.
  assert.deepEqual([2400, 2400.1].map((atMs) => ledger.isOverdue(atMs)), [false, true]);
  assert.equal(ledger.positionAt(2400.1), 6400);
});

Deno.test("PlaybackLedger rounds what was heard down to the millisecond, of an item's first bytes, too", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 500, 0);
  assert.deepEqual(ledger.interrupt(200.9).map(({ heardMs }) => heardMs), [200]); // 1,607 bytes
  sendItem(ledger, "item_2", 1 / BYTES_PER_MS, 1000);
  assert.deepEqual(ledger.interrupt(1000).map(({ itemId, heardMs }) => [itemId, heardMs]), [["item_2", 0]]);
});

Deno.test("PlaybackLedger knows whether an item is the only one that was not heard to its end", () => {
  const ledger = new PlaybackLedger();
  assert.equal(ledger.isAlone("item_1", 0), true, "there is nothing else");
  sendItem(ledger, "item_1", 100, 0);
  assert.equal(ledger.isAlone("item_1", 50), true);
  assert.equal(ledger.isAlone("item_2", 50), false);
  sendItem(ledger, "item_2", 100, 0);
  assert.deepEqual(["item_1", "item_2"].map((itemId) => ledger.isAlone(itemId, 50)), [false, false]);
  assert.equal(ledger.isAlone("item_2", 100), true);
  assert.equal(ledger.isAlone("item_3", 200), true, "all was heard");
});

Deno.test("PlaybackLedger counts the late echoes of one stretch of speech together, not those from before a pause", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(0);
  sendItem(ledger, "item_1", 400, 0);
  for (const ms of [100, 200, 300]) ledger.played(0, ms * BYTES_PER_MS, ms + 50);
  sendItem(ledger, "item_2", 400, 1000);
  ledger.played(0, 500 * BYTES_PER_MS, 1150);
  assert.equal(ledger.timeAt(400 * BYTES_PER_MS), 1000);
});

Deno.test("PlaybackLedger tells items apart no longer once it was interrupted", () => {
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.divide();
  ledger.interrupt(50);
  assert.equal(ledger.isDivided, false);
});

Deno.test("PlaybackLedger still tells items apart when it pauses after some of them were heard", () => {
  const ledger = new PlaybackLedger();
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
    const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 100, 0);
  ledger.received("item_2", "resp_1", 1600);
  ledger.sent(400, 0);
  ledger.divide();
  ledger.received("item_3", "resp_2", 5000);
  assert.deepEqual([50, 125, 1000].map((atMs) => ledger.unheardEarlierBytes(atMs)), [2000, 1400, 1200]);
  assert.deepEqual(ledger.interrupt(125).map(({ receivedMs }) => receivedMs), [200, 625]);
});

Deno.test("PlaybackLedger knows of no division where there is none", () => {
  const ledger = new PlaybackLedger();
  ledger.received("item_1", "resp_1", 800);
  assert.equal(ledger.isEarlier("item_1"), true);
  assert.deepEqual(ledger.laterIds, []);
  assert.equal(ledger.earlierBytes, 800);
  ledger.dropEarlier();
  ledger.dropLater();
  assert.equal(ledger.lastItemId, "item_1");
});

Deno.test("PlaybackLedger moves the division when items before it were heard", () => {
  const ledger = new PlaybackLedger();
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
  const ledger = new PlaybackLedger();
  sendItem(ledger, "item_1", 1000, 0);
  ledger.pause(200.9, 0, 0); // after 1,607 bytes
  assert.equal(ledger.endMs("item_1"), 200.9 + (8000 - 1607) / BYTES_PER_MS);
  assert.deepEqual(ledger.interrupt(201).map(({ heardMs }) => heardMs), [200]);
});

Deno.test("PlaybackLedger moves its clock again only for four more late echoes, punctual ones forgotten", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(0);
  sendItem(ledger, "item_1", 9000, 0);
  let atMs = 0;
  const echo = (lateMs: number) => ledger.played(0, (atMs += 400) * BYTES_PER_MS, atMs + lateMs);
  echo(0);
  for (let count = 0; count < 3; count++) echo(100);
  assert.equal(ledger.timeAt(0), 0);
  echo(100);
  assert.equal(ledger.timeAt(0), 100, "the punctual one has fallen out");
  for (let count = 0; count < 3; count++) echo(200);
  assert.equal(ledger.timeAt(0), 100, "those before do not count again");
  echo(200);
  assert.equal(ledger.timeAt(0), 200);
});

Deno.test("PlaybackLedger believes the clock alone once an echo came before its audio could be played", () => {
  const ledger = new PlaybackLedger();
  ledger.roundTrip.add(100);
  sendItem(ledger, "item_1", 2000, 0);
  ledger.mark();
  ledger.played(0, 2000 * BYTES_PER_MS, 150);
  assert.equal(ledger.lastItemId, "item_1", "it is still to be heard");
  assert.equal(ledger.confirmedBytes, 0);
  assert.ok(!ledger.awaitsEcho && !ledger.isOverdue(60_000));
  assert.equal(ledger.positionAt(1000), 8000);
  assert.deepEqual(ledger.interrupt(1500).map(({ heardMs }) => heardMs), [1500]);

  const punctual = new PlaybackLedger();
  sendItem(punctual, "item_1", 2000, 0);
  punctual.played(0, 2000 * BYTES_PER_MS, 1_750);
  assert.equal(punctual.lastItemId, undefined, "jitter of clocks is no haste");
});
