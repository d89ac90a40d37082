import assert from "node:assert/strict";
import {
  MAX_TALKS,
  TALK_EVERY_MS,
  TALK_PATIENCE_MS,
  TalkFeed,
} from "../../../src/http/dashboard/talk_feed.ts";
import type { CallTalk, TalkChange, TalkEntry } from "../../../src/observability/reports/call_talk.ts";
import { FeedViewer } from "../../support/feed_viewer.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";
import { RecordingLog } from "../../support/recording_log.ts";

const SID = `CA${"1".repeat(32)}`;
const ABOUT = { business: "acme", number: "…01", isOutbound: false, targets: ["sales"] };

function talk(entries: readonly TalkEntry[], rest: Partial<CallTalk> = {}): CallTalk {
  return {
    about: ABOUT,
    state: "listening",
    durationMs: 1_000,
    costUsd: 0.01,
    entries,
    earlier: 0,
    turns: [],
    turnCount: 0,
    ...rest,
  };
}

const said = (text: string, atMs = 0): TalkEntry => ({ kind: "user", atMs, text });

function rig() {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const source = {
    asked: 0,
    talk: undefined as CallTalk | undefined,
  };
  const feed = new TalkFeed(
    (callSid) => {
      source.asked++;
      return Promise.resolve(callSid === SID ? source.talk : undefined);
    },
    clock,
    log,
  );
  const wait = async (ms: number): Promise<void> => {
    for (let passedMs = 0; passedMs < ms; passedMs += TALK_EVERY_MS) {
      clock.advance(TALK_EVERY_MS);
      await settle();
    }
  };
  return { clock, log, source, feed, wait };
}

function watch(feed: TalkFeed, mayWatch?: () => Promise<boolean>): FeedViewer<TalkChange> {
  return new FeedViewer(feed.open(SID, mayWatch));
}

Deno.test("TalkFeed tells whose call it is once, and then only what has changed", async () => {
  const { feed, source, wait } = rig();
  source.talk = talk([said("Good morning."), said("A table", 900)]);
  const viewer = watch(feed);
  await wait(TALK_EVERY_MS);
  const [event, first] = await viewer.next();
  assert.deepEqual([event, first.about, first.from, first.entries.length], ["talk", ABOUT, 0, 2]);
  await wait(5 * TALK_EVERY_MS); // nothing is new
  source.talk = talk([said("Good morning."), said("A table for two.", 900)], { durationMs: 2_000 });
  await wait(TALK_EVERY_MS);
  const [, second] = await viewer.next();
  assert.deepEqual([second.about, second.from, second.entries], [undefined, 1, [
    said("A table for two.", 900),
  ]]);
  feed[Symbol.dispose]();
});

Deno.test("TalkFeed tells of a call in which nothing was said yet", async () => {
  const { feed, source, wait } = rig();
  source.talk = talk([], { state: "connecting", costUsd: 0 });
  const viewer = watch(feed);
  await wait(TALK_EVERY_MS);
  const [event, { about, state, entries }] = await viewer.next();
  assert.deepEqual([event, about, state, entries], ["talk", ABOUT, "connecting", []]);
  feed[Symbol.dispose]();
});

Deno.test("TalkFeed says at once that a call is away, tells all of it when it is back, and in the end that it is over", async () => {
  const { feed, clock, source, wait } = rig();
  source.talk = talk([said("Please put me through.")]);
  const viewer = watch(feed);
  await wait(TALK_EVERY_MS);
  assert.equal((await viewer.next())[0], "talk");
  source.talk = undefined;
  await wait(2 * TALK_EVERY_MS);
  assert.equal((await viewer.next())[0], "away");
  source.talk = talk([said("Please put me through."), said("Nobody was there.", 9_000)]);
  await wait(TALK_EVERY_MS);
  const [, back] = await viewer.next();
  assert.deepEqual([back.about, back.from, back.entries.length], [ABOUT, 0, 2]);
  source.talk = undefined;
  await wait(TALK_PATIENCE_MS + 2 * TALK_EVERY_MS);
  assert.equal((await viewer.next())[0], "away");
  assert.equal((await viewer.next())[0], "over");
  await viewer.ended;
  assert.deepEqual([feed.viewers, clock.pending], [0, 0]);
});

Deno.test("TalkFeed looks at nothing and holds no timer when nobody follows a talk", async () => {
  const { feed, clock, source, wait } = rig();
  source.talk = talk([said("Good morning.")]);
  await wait(10 * TALK_EVERY_MS);
  assert.deepEqual([source.asked, clock.pending, feed.viewers], [0, 0, 0]);
  const viewers = [watch(feed), watch(feed)];
  await wait(TALK_EVERY_MS);
  assert.deepEqual([clock.pending, feed.viewers], [2, 2]);
  for (const viewer of viewers) await viewer.leave();
  assert.deepEqual([clock.pending, feed.viewers], [0, 0]);
  const { asked } = source;
  await wait(10 * TALK_EVERY_MS);
  assert.equal(source.asked, asked);
});

Deno.test("TalkFeed takes a bounded number of viewers, and another one when one has left", async () => {
  const { feed } = rig();
  const viewers = Array.from({ length: MAX_TALKS }, () => watch(feed));
  assert.equal(feed.open(SID), undefined);
  await viewers[3].leave();
  await watch(feed).leave();
  feed[Symbol.dispose]();
  assert.equal(feed.viewers, 0);
});

Deno.test("TalkFeed makes no more for a viewer who does not read than may wait, tells the rest later, and drops it in the end", async () => {
  const { feed, clock, log, source, wait } = rig();
  const viewer = watch(feed);
  for (let turn = 1; turn <= 20; turn++) {
    source.talk = talk(Array.from({ length: turn }, (_, at) => said(`${at}`, at)));
    await wait(TALK_EVERY_MS);
  }
  let entries: readonly TalkEntry[] = [];
  for (let read = 0; read < 4; read++) {
    const [, change] = await viewer.next();
    entries = [...entries.slice(0, change.from), ...change.entries];
  }
  assert.ok(entries.length < 10, "no more was made");
  await wait(TALK_EVERY_MS);
  const [, change] = await viewer.next();
  assert.equal([...entries.slice(0, change.from), ...change.entries].length, 20);
  for (let turn = 1; turn <= 10; turn++) {
    source.talk = talk([said(`again ${turn}`)]);
    await wait(TALK_EVERY_MS);
  }
  await wait(TALK_PATIENCE_MS);
  assert.deepEqual([feed.viewers, clock.pending, log.names], [0, 0, ["dashboard_viewer_dropped"]]);
});

Deno.test("TalkFeed asks at once whether its viewers may still watch, when a session has been ended", async () => {
  const { feed, clock, source, wait } = rig();
  source.talk = talk([]);
  let mayWatch = true;
  const viewers = [
    watch(feed, () => Promise.resolve(mayWatch)),
    watch(feed),
  ];
  await wait(TALK_EVERY_MS);
  mayWatch = false;
  await feed.checkViewers();
  assert.deepEqual([feed.viewers, clock.pending], [1, 1]);
  await viewers[0].next();
  await viewers[0].ended;
  await viewers[1].leave();
});

Deno.test("TalkFeed ends the stream of a viewer who may not watch any more", async () => {
  const { feed, clock, source, wait } = rig();
  source.talk = talk([]);
  let mayWatch = true;
  const viewer = watch(feed, () => Promise.resolve(mayWatch));
  await wait(11_000);
  assert.equal(feed.viewers, 1);
  mayWatch = false;
  await wait(11_000);
  assert.deepEqual([feed.viewers, clock.pending], [0, 0]);
  await viewer.next();
  await viewer.ended;
});
