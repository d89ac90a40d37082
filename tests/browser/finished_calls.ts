import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { encodeWav } from "../../src/audio/wav.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import { RecordingFolder } from "../../src/records/recordings/recording_folder.ts";
import { SqliteRecordStore } from "../../src/records/sqlite_store.ts";
import { recordWith } from "../records/records.ts";
import { BridgeRig, RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { eventually } from "../support/eventually.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { launchChromium } from "./chromium.ts";
import { seriousFindings } from "./serious_findings.ts";

const PATIENCE_MS = 20_000;
const HOUR_MS = 3_600_000;
const RECORDING_URL = "https://api.twilio.com/2010-04-01/Accounts/AC1/Recordings/RE1";

/** A server with a day of calls, and a browser. */
function test(name: string, run: (stage: { rig: BridgeRig; browser: Browser }) => Promise<void>): void {
  Deno.test(name, { sanitizeOps: false, sanitizeResources: false }, async () => {
    using temp = new TempFolder();
    {
      using store = await SqliteRecordStore.open(`${temp.path}/records.db`, Date.now);
      for (const record of dayOfCalls()) await store.put(record);
      const samples = Int16Array.from({ length: 16_000 }, (_, at) => 8_000 * Math.sin(at / 3));
      const later = new Date(Date.now() + 24 * HOUR_MS).toISOString();
      await new RecordingFolder(`${temp.path}/recordings`).put("RE1", encodeWav(samples), later);
    }
    await using rig = await BridgeRig.start({ env: { DATA_DIR: temp.path }, keepsRecords: true });
    const browser = await launchChromium();
    try {
      await run({ rig, browser });
    } finally {
      await browser.close();
    }
  });
}

/** Calls of the last day: 60 of two businesses, with a talk, a message and a call that was refused among them. */
export function dayOfCalls(): CallRecord[] {
  const ago = (hours: number) => new Date(Date.now() - hours * HOUR_MS).toISOString();
  const at = (hours: number) => ({ startedAt: ago(hours), endedAt: ago(hours - 0.02), expiresAt: null });
  const latency = (p50Ms: number) => {
    const figures = { p50Ms, maxMs: 2 * p50Ms };
    return { turns: 4, received: figures, sent: figures, played: figures };
  };
  const many = Array.from({ length: 57 }, (_, index) =>
    recordWith({
      ...at(1 + index / 3),
      callSid: `CA${String(index).padStart(32, "0")}`,
      business: index % 3 === 0 ? "trattoria-rosa" : "linden-dental",
      from: `+155501001${String(index).padStart(2, "0")}`,
      costUsd: 0.02 + (index % 7) / 100,
      latency: latency(500 + 40 * (index % 9)),
      transcript: [{ kind: "user", atMs: 900, text: `Question number ${index}, about opening hours.` }],
    }));
  return [
    ...many,
    recordWith({
      ...at(0.2),
      callSid: "CAtalk",
      business: "linden-dental",
      reason: "transferred",
      latency: latency(640),
      costUsd: 0.31,
      transcript: [
        { kind: "assistant", atMs: 500, text: "Linden Street Dental, good", cut: true },
        { kind: "interruption", atMs: 1_900, heardMs: 1_240 },
        { kind: "user", atMs: 1_950, text: "I'd like to move my cleaning. My number is [telephone number]." },
        {
          ...{ kind: "tool", atMs: 4_100, name: "find_slot", outcome: "done", durationMs: 340 },
          ...{ arguments: '{"day":"Thursday"}', output: '{"slots":["9:15","16:00"]}' },
        },
        {
          kind: "assistant",
          atMs: 5_000,
          text: "On Thursday there is 9:15, or four o'clock.",
          cut: false,
          waitMs: 720,
        },
        { kind: "keys", atMs: 9_000, digits: "0" },
        { kind: "note", atMs: 9_100, text: "The caller pressed 0 and was put through." },
      ],
    }),
    recordWith({
      ...at(0.1),
      ...{ callSid: "CAmessage", business: "trattoria-rosa", reason: "message_left", streams: 0 },
      ...{ durationMs: 0, transcript: [], costUsd: 0 },
      treatment: { at: ago(0.1), why: "after_hours", got: "voicemail" },
      message: {
        ...{ at: ago(0.1), durationMs: 2_000, recordingUrl: RECORDING_URL, recording: "kept" },
        ...{ recordingProblem: null, transcript: "A table for six on Saturday, please. <b>Okafor</b>." },
      },
    }),
    recordWith({
      ...at(0.05),
      ...{ callSid: "CArefused", business: "trattoria-rosa", reason: "refused", streams: 0, from: "" },
      ...{ durationMs: 0, transcript: [], costUsd: 0 },
      treatment: { at: ago(0.05), why: "full", got: "words" },
    }),
  ];
}

async function open(
  { rig, browser }: { rig: BridgeRig; browser: Browser },
  path: string,
  options: BrowserContextOptions = {},
): Promise<Page> {
  const context = await browser.newContext({
    extraHTTPHeaders: { authorization: `Bearer ${RIG_ADMIN_TOKEN}` },
    ...options,
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`The page throws ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/40[14]/.test(message.text())) {
      assert.fail(`The page complains: ${message.text()}`);
    }
  });
  await page.goto(rig.line.server + path);
  return page;
}

const rowsOf = (page: Page) => page.locator("#finished-rows tr");

test("The page of finished calls lists them newest first, page by page, and leads to each with its talk", async (stage) => {
  const page = await open(stage, "/");
  assert.match(page.url(), /\/dashboard$/, "whoever comes without a path is led there");
  await page.getByRole("link", { name: "Calls" }).click();
  await rowsOf(page).nth(49).waitFor();
  assert.equal(await rowsOf(page).count(), 50);
  assert.match(
    await rowsOf(page).first().textContent() ?? "",
    /trattoria-rosawithheldturned away/,
  );
  await page.getByRole("button", { name: "Show more" }).click();
  await rowsOf(page).nth(59).waitFor();
  assert.ok(await page.getByRole("button", { name: "Show more" }).isHidden());
  assert.match(
    await page.locator("#day-note").textContent() ?? "",
    /^\d+ calls, \$[\d.]+, answer after \d+ ms$/,
  );
  assert.equal(await page.locator("#day tbody tr").count(), 2);

  await page.locator('[data-call="CAtalk"] a').click();
  await page.getByRole("heading", { name: "linden-dental, +15550000123" }).waitFor();
  const talk = await page.locator(".talk li").allInnerTexts();
  assert.equal(talk.length, 7);
  assert.match(talk[0], /Agent\s+Linden Street Dental, good\s*cut off here/);
  assert.match(talk[1], /The caller interrupted, having heard 1240 ms of the answer/);
  assert.match(talk[2], /My number is \[telephone number\]/);
  assert.match(talk[3], /find_slot\s*done, 340 ms\s*told \{"day":"Thursday"\}\s*answered \{"slots"/);
  assert.match(talk[4], /four o'clock\.\s*after 720 ms/);
  assert.match(await page.locator(".facts").innerText(), /transferred[^]*640 ms[^]*1\.3 s[^]*31 ¢/);
  await page.goBack();
  await rowsOf(page).nth(49).waitFor();
  await page.close();
});

test("A message is heard on its call's page, from where the reader wants, and its words stay words", async (stage) => {
  const page = await open(stage, "/dashboard/calls?call=CAmessage");
  await page.getByText("<b>Okafor</b>").waitFor();
  await page.locator("audio").waitFor();
  const duration = () => page.evaluate("document.querySelector('audio').duration");
  await eventually("its length is known", async () => await duration() === 2, PATIENCE_MS);
  const played = await page.evaluate(`new Promise((resolve) => {
    const audio = document.querySelector("audio");
    for (const end of ["ended", "error"]) audio.addEventListener(end, () => resolve(end));
    audio.muted = true;
    audio.currentTime = 1.5;
    void audio.play();
  })`);
  assert.equal(played, "ended");
  await page.close();
});

test("Finished calls are searched by words, number, business and reason, and the address says how", async (stage) => {
  const page = await open(stage, "/dashboard/calls");
  await rowsOf(page).nth(49).waitFor();
  await page.getByLabel("Words of the talk").fill("clean THURS");
  await page.keyboard.press("Enter");
  await eventually("one is left", async () => await rowsOf(page).count() === 1, PATIENCE_MS);
  assert.equal(await rowsOf(page).first().getAttribute("data-call"), "CAtalk");
  assert.equal(new URL(page.url()).search, "?q=clean+THURS");
  await page.reload();
  await eventually("one is left", async () => await rowsOf(page).count() === 1, PATIENCE_MS);
  assert.equal(await page.getByLabel("Words of the talk").inputValue(), "clean THURS");
  await page.getByRole("button", { name: "Clear" }).click();
  await rowsOf(page).nth(49).waitFor();
  await page.getByLabel("Ended").selectOption("message left");
  await page.getByRole("button", { name: "Search" }).click();
  await eventually("the message is left", async () => await rowsOf(page).count() === 1, PATIENCE_MS);
  await page.getByLabel("Ended").selectOption("for any reason");
  await page.getByLabel("Number").fill("+15550100103");
  await page.getByLabel("Business").fill("trattoria-rosa");
  await page.keyboard.press("Enter");
  await page.locator('[data-call="CA00000000000000000000000000000003"]').waitFor();
  await eventually("one is left", async () => await rowsOf(page).count() === 1, PATIENCE_MS);
  await page.getByLabel("Business").fill("nobody");
  await page.keyboard.press("Enter");
  await page.getByText("No call is like that.").waitFor();
  await page.goto(`${stage.rig.line.server}/dashboard/calls?call=CAnobody`);
  await page.getByText("There is no record of this call.").waitFor();
  await page.close();
});

test("Every page of the dashboard is good for screen readers and legible, dark and light", async (stage) => {
  const paths = [
    "/dashboard",
    "/dashboard/calls",
    "/dashboard/calls?call=CAtalk",
    "/dashboard/calls?call=CAmessage",
  ];
  for (const colorScheme of ["light", "dark"] as const) {
    for (const path of paths) {
      const page = await open(stage, path, { colorScheme });
      await page.locator("#link[data-state=live], #finished-rows tr, .facts").first().waitFor();
      assert.deepEqual(await seriousFindings(page), [], `${path}, ${colorScheme}`);
      await page.close();
    }
    const login = await open(stage, "/dashboard", { colorScheme, extraHTTPHeaders: {} });
    assert.deepEqual(await seriousFindings(login), [], `the form, ${colorScheme}`);
    await login.close();
  }
});

test("The keyboard alone finds a call, and the page says where it is", async (stage) => {
  const page = await open(stage, "/dashboard/calls");
  await rowsOf(page).nth(49).waitFor();
  const focused = () => page.evaluate<string>("document.activeElement.textContent.trim()");
  const first = await rowsOf(page).first().locator("a").textContent();
  for (let tabs = 0; tabs < 30 && await focused() !== first; tabs++) await page.keyboard.press("Tab");
  assert.equal(await focused(), first);
  await page.keyboard.press("Enter");
  await page.locator("#call-name").waitFor();
  assert.equal(await page.evaluate("document.activeElement.id"), "call-name");
  await page.close();
});

test("Finished calls fit a telephone: nothing has to be scrolled sideways", async (stage) => {
  for (
    const path of ["/dashboard/calls", "/dashboard/calls?call=CAtalk", "/dashboard/calls?call=CAmessage"]
  ) {
    for (const width of [320, 390, 768, 1440]) {
      const page = await open(stage, path, { viewport: { width, height: 800 } });
      await page.locator("#finished-rows tr, .facts").first().waitFor();
      const scrollWidth = await page.evaluate<number>("document.documentElement.scrollWidth");
      assert.ok(scrollWidth <= width, `${path}: ${scrollWidth} px at ${width}`);
      await page.close();
    }
  }
});
