import assert from "node:assert/strict";
import {
  CHECK_EVERY_MS,
  Feed,
  FEED_EVERY_MS,
  MAX_VIEWERS,
  MAX_WAITING_MESSAGES,
} from "../../../src/http/dashboard/feed.ts";
import { FeedViewer } from "../../support/feed_viewer.ts";
import { ManualClock } from "../../support/manual_clock.ts";
import { settle } from "../../support/microtasks.ts";
import { RecordingLog } from "../../support/recording_log.ts";

function rig() {
  const clock = new ManualClock();
  const log = new RecordingLog();
  const reports = {
    asked: 0,
    failure: undefined as Error | undefined,
    past: () => Promise.resolve({ samples: [1, 2] }),
    view() {
      this.asked++;
      return this.failure ? Promise.reject(this.failure) : Promise.resolve({ asked: this.asked });
    },
  };
  const feed = new Feed(reports, clock, log);
  const wait = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await settle();
  };
  return { clock, log, reports, feed, wait };
}

Deno.test("Feed tells a viewer the past at once, and then the present again and again", async () => {
  const { feed, wait } = rig();
  const viewer = new FeedViewer(feed.open());
  await wait(0);
  assert.deepEqual(await viewer.next(), ["past", { samples: [1, 2] }]);
  assert.deepEqual(await viewer.next(), ["now", { asked: 1 }]);
  await wait(FEED_EVERY_MS);
  assert.deepEqual(await viewer.next(), ["now", { asked: 2 }]);
  feed[Symbol.dispose]();
});

Deno.test("Feed measures once for all viewers, and nothing when nobody looks", async () => {
  const { feed, clock, reports, wait } = rig();
  await wait(10 * FEED_EVERY_MS);
  assert.deepEqual([reports.asked, clock.pending], [0, 0]);
  const viewers = [new FeedViewer(feed.open()), new FeedViewer(feed.open()), new FeedViewer(feed.open())];
  await wait(0);
  await wait(FEED_EVERY_MS);
  assert.deepEqual([reports.asked, clock.pending, feed.viewers], [2, 1, 3]);
  for (const viewer of viewers) await viewer.leave();
  assert.deepEqual([clock.pending, feed.viewers], [0, 0]);
  await wait(10 * FEED_EVERY_MS);
  assert.equal(reports.asked, 2);
});

Deno.test("Feed has one timer, also when the last viewer goes and another comes while it measures", async () => {
  const { feed, clock, reports, wait } = rig();
  const first = new FeedViewer(feed.open());
  const measured = Promise.withResolvers<{ asked: number }>();
  reports.view = () => measured.promise;
  clock.advance(0);
  await first.leave();
  const second = new FeedViewer(feed.open());
  measured.resolve({ asked: 1 });
  await wait(0);
  assert.deepEqual([clock.pending, feed.viewers], [1, 1]);
  await second.leave();
  assert.equal(clock.pending, 0);
});

Deno.test("Feed takes a bounded number of viewers, and another one when one has left", async () => {
  const { feed } = rig();
  const viewers = Array.from({ length: MAX_VIEWERS }, () => new FeedViewer(feed.open()));
  assert.equal(feed.open(), undefined);
  await viewers[3].leave();
  await new FeedViewer(feed.open()).leave();
  feed[Symbol.dispose]();
});

Deno.test("Feed drops a viewer that does not read, and goes on for the others", async () => {
  const { feed, log, wait } = rig();
  const slow = new FeedViewer(feed.open());
  const quick = new FeedViewer(feed.open());
  await quick.next();
  await wait(0);
  for (let turn = 0; turn < MAX_WAITING_MESSAGES; turn++) {
    assert.equal((await quick.next())[0], "now");
    await wait(FEED_EVERY_MS);
  }
  await assert.rejects(slow.ended, /too slow/);
  assert.deepEqual([feed.viewers, log.names], [1, ["dashboard_viewer_dropped"]]);
  assert.equal((await quick.next())[0], "now");
  feed[Symbol.dispose]();
  await quick.ended;
});

Deno.test("Feed goes on after a view that could not be made", async () => {
  const { feed, log, reports, wait } = rig();
  const viewer = new FeedViewer(feed.open());
  await viewer.next();
  reports.failure = new Error("no /proc");
  await wait(0);
  reports.failure = undefined;
  await wait(FEED_EVERY_MS);
  assert.deepEqual(await viewer.next(), ["now", { asked: 2 }]);
  assert.deepEqual(log.names, ["dashboard_failed"]);
  feed[Symbol.dispose]();
});

Deno.test("Feed tells the present also when the past cannot be had", async () => {
  const { feed, log, reports, wait } = rig();
  reports.past = () => Promise.reject(new Error("a worker is away"));
  const viewer = new FeedViewer(feed.open());
  await wait(0);
  assert.deepEqual(await viewer.next(), ["now", { asked: 1 }]);
  assert.deepEqual(log.names, ["dashboard_failed"]);
  feed[Symbol.dispose]();
});

Deno.test("Feed ends all streams when it is disposed of, and holds no timer then", async () => {
  const { feed, clock, wait } = rig();
  const viewer = new FeedViewer(feed.open());
  await wait(0);
  feed[Symbol.dispose]();
  await viewer.next();
  await viewer.next();
  await viewer.ended;
  assert.equal(clock.pending, 0);
});

Deno.test("Feed ends the stream of a viewer who may not watch any more", async () => {
  const { feed, wait } = rig();
  let mayWatch = true;
  const streams = [feed.open(() => Promise.resolve(mayWatch))!, feed.open()!];
  const readers = streams.map((stream) => stream.getReader());
  mayWatch = false;
  for (let passedMs = 0; passedMs <= CHECK_EVERY_MS; passedMs += FEED_EVERY_MS) {
    void readers[1].read();
    void readers[1].read();
    void readers[0].read();
    void readers[0].read();
    await wait(FEED_EVERY_MS);
  }
  assert.equal(feed.viewers, 1);
  feed[Symbol.dispose]();
});
