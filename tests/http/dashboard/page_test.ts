import assert from "node:assert/strict";
import { ticks } from "../../../src/http/dashboard/page/chart.js";
import {
  figureText,
  inBytes,
  inDollars,
  inMilliseconds,
  lowerMedian,
  onClock,
} from "../../../src/http/dashboard/page/format.js";
import { dashboardPage, finishedCallsPage } from "../../../src/http/dashboard/pages.ts";
import { SHOWN_MS, Timeline } from "../../../src/http/dashboard/page/timeline.js";

Deno.test("The pages' modules make one script each: nothing is left to import, no name stands twice", async () => {
  for (const page of [dashboardPage, finishedCallsPage]) {
    const html = await page({ canLogOut: false, hasRecords: true, hasTelephone: true }).text();
    const script = /<script type="module" [^>]+>([^]*)<\/script>/.exec(html)?.[1] ?? "";
    assert.match(script, /new EventSource|await fetch/);
    assert.doesNotMatch(script, /^(import|export) /m);
    // It runs up to where it needs a browser: so all of it was read as one module.
    await assert.rejects(
      import(`data:text/javascript,${encodeURIComponent(script)}`),
      /(document|HTML\w+|SVG\w+) is not defined/,
    );
  }
});

Deno.test("The pages lead to each other, and to nothing that there is not", async () => {
  const all = { canLogOut: true, hasRecords: true, hasTelephone: true };
  const linksIn = async (page: Response) => {
    const [nav] = /<nav.*<\/nav>/.exec(await page.text()) ?? [""];
    return [...nav.matchAll(/href="([^"]+)"( aria-current="page")?/g)].map(([, path, isHere]) =>
      isHere ? `[${path}]` : path
    );
  };
  assert.deepEqual(
    await linksIn(dashboardPage(all)),
    ["[/dashboard]", "/dashboard/calls", "/dashboard/telephone"],
  );
  assert.deepEqual(
    await linksIn(finishedCallsPage(all)),
    ["/dashboard", "[/dashboard/calls]", "/dashboard/telephone"],
  );
  const least = { canLogOut: false, hasRecords: false, hasTelephone: false };
  assert.deepEqual(await linksIn(dashboardPage(least)), ["[/dashboard]"]);
  assert.match(await dashboardPage(all).text(), /Log out/);
  assert.doesNotMatch(await dashboardPage(least).text(), /Log out/);
});

const sample = (minutes: number) => ({
  epochMs: minutes * 60_000,
  rss: 60e6,
  rssAnon: 20e6,
  heapUsed: 10e6,
  activeCalls: 0,
});

Deno.test("The page writes bytes in a unit that fits", () => {
  const written = [0, 999, 1_000, 4_300, 51_200, 1_023_000, 66_060_288, 2 ** 31].map((count) =>
    figureText(inBytes(count))
  );
  assert.deepEqual(written, ["0 B", "999 B", "1.0 KB", "4.2 KB", "50 KB", "999 KB", "63 MB", "2.0 GB"]);
});

Deno.test("The page writes times and money as people do", () => {
  assert.deepEqual([0, 7_400, 65_000, 3_600_000, 36_061_000].map(onClock), [
    "0:00",
    "0:07",
    "1:05",
    "1:00:00",
    "10:01:01",
  ]);
  assert.deepEqual([0.42, 9.94, 240.4, 1_240].map((ms) => figureText(inMilliseconds(ms))), [
    "0.4 ms",
    "9.9 ms",
    "240 ms",
    "1.2 s",
  ]);
  assert.deepEqual([0.004, 0.42, 1, 12.345].map((usd) => figureText(inDollars(usd))), [
    "0.4 ¢",
    "42 ¢",
    "$1.00",
    "$12.35",
  ]);
});

Deno.test("The page takes a wait that did occur for the median", () => {
  assert.deepEqual([lowerMedian([]), lowerMedian([3]), lowerMedian([9, 1, 5]), lowerMedian([4, 1, 3, 2])], [
    undefined,
    3,
    5,
    2,
  ]);
});

Deno.test("The chart's scales begin at 0, have round steps, and hold the highest value", () => {
  assert.deepEqual(ticks(87, 4), [0, 50, 100]);
  assert.deepEqual(ticks(100, 4), [0, 50, 100]);
  assert.deepEqual(ticks(64, 4), [0, 20, 40, 60, 80]);
  assert.deepEqual(ticks(1, 4, 1), [0, 1]);
  assert.deepEqual(ticks(0, 4, 1), [0, 1]);
  assert.deepEqual(ticks(300, 4, 1), [0, 100, 200, 300]);
  for (let most = 1; most < 3_000; most += 7) {
    const values = ticks(most, 4, 1);
    assert.ok(values.at(-1)! >= most && values.length <= 6, `${most}: ${values}`);
  }
});

Deno.test("The chart begins with what the server remembers, and goes on with what comes", () => {
  const timeline = new Timeline();
  timeline.past([sample(90), sample(95), sample(100)]);
  timeline.add(sample(101));
  assert.deepEqual(timeline.samples.map(({ epochMs }) => epochMs / 60_000), [90, 95, 100, 101]);
  assert.deepEqual(timeline.range, { fromMs: 90 * 60_000, toMs: 101 * 60_000 });
});

Deno.test("The chart fills the gap of a lost connection from the server's memory, and nothing else", () => {
  const timeline = new Timeline();
  for (const minutes of [90, 90.5, 91]) timeline.add(sample(minutes));
  timeline.past([sample(85), sample(90.2), sample(95), sample(100)]);
  timeline.add(sample(101));
  assert.deepEqual(timeline.samples.map(({ epochMs }) => epochMs / 60_000), [85, 90, 90.5, 91, 95, 100, 101]);
});

Deno.test("The chart keeps the last half hour only", () => {
  const timeline = new Timeline();
  for (let minutes = 0; minutes < 100; minutes++) timeline.add(sample(minutes));
  assert.equal(timeline.samples.length, SHOWN_MS / 60_000 + 1);
});

Deno.test("The chart is full from its first samples on", () => {
  const timeline = new Timeline();
  const second = sample(0).epochMs + 2_000;
  timeline.add({ ...sample(0), epochMs: second });
  assert.deepEqual(timeline.range, { fromMs: 0, toMs: second });
  timeline.add({ ...sample(0), epochMs: second + 2_000 });
  assert.deepEqual(timeline.range, { fromMs: second, toMs: second + 2_000 });
});
