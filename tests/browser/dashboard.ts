import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import type { CallSnapshot } from "../../src/observability/reports/call_snapshot.ts";
import { Dashboard } from "../../src/http/dashboard/dashboard.ts";
import type { DashboardView } from "../../src/observability/reports/dashboard_data.ts";
import { OwnSessions } from "../../src/http/operator_sessions.ts";
import { OperatorAccess } from "../../src/http/operators.ts";
import { router } from "../../src/http/router.ts";
import { listen } from "../../src/http/listen.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { BridgeRig, RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { RecordingLog } from "../support/recording_log.ts";
import { say, sessions } from "../support/talk.ts";
import { launchChromium } from "./chromium.ts";
import { eventually } from "../support/eventually.ts";

const TOKEN = "an operator's long token";
const MB = 2 ** 20;
/** A page that answers slowly does so because the machine is busy. */
const PATIENCE_MS = 20_000;

const HANDLES = { sanitizeOps: false, sanitizeResources: false } as const;

/** A test with a browser of its own. What the browser's process leaves open is not ours. */
function test(name: string, run: (browser: Browser) => Promise<void>): void {
  Deno.test(name, HANDLES, async () => {
    const browser = await launchChromium();
    try {
      await run(browser);
    } finally {
      await browser.close();
    }
  });
}

/** A page that fails the test when anything in it throws, or is refused by its policy. */
async function open(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
  token: string | null = TOKEN,
): Promise<Page> {
  const extraHTTPHeaders = token === null ? undefined : { authorization: `Bearer ${token}` };
  const context = await browser.newContext({ extraHTTPHeaders, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`The page throws ${error.message}`));
  page.on("console", (message) => {
    // The browser writes down every answer that is no success, such as the form's 401.
    if (message.type() === "error" && !message.text().includes("401")) {
      assert.fail(`The page complains: ${message.text()}`);
    }
  });
  await page.goto(url);
  return page;
}

/** Waits until what is read is something else than at first. */
async function changes(what: string, read: () => Promise<string | null>): Promise<void> {
  const before = await read();
  await eventually(`${what} changes`, async () => await read() !== before, PATIENCE_MS);
}

/** The dashboard of a program whose state a test makes up. */
class Stage implements AsyncDisposable {
  view: DashboardView = VIEW;
  readonly url: string;
  readonly #clock = new SystemClock();
  readonly #dashboard: Dashboard;
  readonly #stop: () => Promise<void>;

  constructor(adminToken: string = TOKEN) {
    const reports = {
      past: () =>
        Promise.resolve({ samples: Array.from({ length: 40 }, (_, index) => sampleAt(40 - index)) }),
      view: () => Promise.resolve(this.view),
      talk: () => Promise.resolve(undefined),
    };
    const log = new RecordingLog();
    const access = new OperatorAccess(adminToken, this.#clock);
    const sessions = new OwnSessions(this.#clock);
    this.#dashboard = new Dashboard({ adminToken, access, sessions, reports, clock: this.#clock, log });
    const server = listen(
      router({
        "GET /dashboard": this.#dashboard.page,
        "GET /dashboard/events": this.#dashboard.events,
        "GET /dashboard/sign-in": this.#dashboard.signIn,
        "POST /dashboard/login": this.#dashboard.login,
        "POST /dashboard/logout": this.#dashboard.logout,
      }, log),
      "127.0.0.1",
      0,
    );
    this.url = `http://127.0.0.1:${server.port}/dashboard`;
    this.#stop = () => server.stop();
  }

  /** Ends the event streams of all pages, as a server does that stops. */
  dropViewers(): void {
    this.#dashboard[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#dashboard[Symbol.dispose]();
    await this.#stop();
  }
}

function sampleAt(minutesAgo: number, activeCalls = 0): DashboardView["sample"] {
  const epochMs = Date.now() - minutesAgo * 60_000;
  return { epochMs, rss: 80 * MB, rssAnon: 30 * MB, heapUsed: 12 * MB, activeCalls };
}

const VIEW: DashboardView = {
  sample: sampleAt(0),
  limit: 512 * MB,
  peakCalls: 0,
  totalCalls: 0,
  perCall: null,
  lagMs: 0.4,
  admission: { state: "open", live: 0, reserved: 0, refused: 0 },
  alarms: { active: [], events: [] },
  pressure: "none",
  calls: [],
  moreCalls: 0,
};

function call(number: number, differences: Partial<CallSnapshot> = {}): CallSnapshot {
  const figures = { p50Ms: 640, maxMs: 900 };
  return {
    callSid: `CA${number}`,
    business: "dentist",
    number: "…23",
    isOutbound: false,
    startedAtEpochMs: Date.now() - 65_000,
    durationMs: 65_000,
    state: "answering",
    memory: { outputRing: 4096, inputRing: 1024, engine: 240, backlog: 0 },
    ledgerBytes: 5360,
    latency: { turns: 3, received: figures, sent: figures, played: figures },
    costUsd: 0.042,
    lastWords: { speaker: "agent", text: "We open at nine." },
    ...differences,
  };
}

test("The dashboard follows a real call: it appears with its state, its figures move, and it goes", async (browser) => {
  await using rig = await BridgeRig.start({
    business: { id: "acme" },
    emulator: { agent: sessions([say(500, 8_000, "Good morning, this is Acme.")]), speed: 4 },
  });
  const page = await open(browser, `${rig.line.server}/dashboard`, {}, RIG_ADMIN_TOKEN);
  await page.getByText("Nobody is on the line.").waitFor();
  await page.locator('#link[data-state="live"]').waitFor();
  assert.equal(await page.locator("#admission").textContent(), "taking calls");
  const memory = Number(
    await page.locator("#memory").evaluate((element) => parseFloat(element.textContent ?? "")),
  );
  assert.ok(memory > 10 && memory < 4_000, `${memory} MB`);

  const caller = rig.caller();
  const report = caller.place();
  const row = page.locator("#rows tr");
  await row.waitFor();
  assert.equal(await page.locator("#calls").textContent(), "1");
  assert.match(await row.locator(".business").textContent() ?? "", /^acme.*…01$/);
  await row.getByText("answering").waitFor();
  await row.getByText("Good morning, this is Acme.").waitFor();
  await changes("the call's time", () => row.locator('[data-name="Time"]').textContent());
  await changes("the chart", () => page.locator("#chart .line.load").getAttribute("d"));

  caller.hangUp();
  await report;
  await page.getByText("Nobody is on the line.").waitFor();
  assert.equal(await row.count(), 0);
  assert.match(await page.locator("#calls-note").textContent() ?? "", /^peak 1, 1 in all$/);
  await page.close();
});

test("The dashboard shows an alarm in its list and as a mark in the chart, and that it is over", async (browser) => {
  await using stage = new Stage();
  const page = await open(browser, stage.url);
  await page.locator('[data-alarm="growth"][data-tone="good"]').waitFor();
  assert.equal(await page.locator("#chart .mark").count(), 0);
  const raised = { alarm: "growth", change: "raised", epochMs: Date.now() - 300_000 } as const;
  stage.view = {
    ...VIEW,
    sample: sampleAt(0),
    pressure: "trim",
    alarms: { active: ["growth"], events: [raised] },
  };
  await page.locator('[data-alarm="growth"][data-tone="bad"]').waitFor();
  await page.getByText(/memory grows at a constant number of calls, since \d\d:\d\d/).waitFor();
  assert.equal(await page.locator("#chart .mark").count(), 1);
  assert.equal(await page.locator('[data-alarm="no_return"]').getAttribute("data-tone"), "good");
  stage.view = { ...VIEW, sample: sampleAt(0), alarms: { active: [], events: [raised] } };
  await page.locator('[data-alarm="growth"][data-tone="good"]').waitFor();
  assert.equal(await page.locator("#chart .mark").count(), 1);
  await page.close();
});

test("The dashboard says why no calls are taken", async (browser) => {
  await using stage = new Stage();
  stage.view = { ...VIEW, admission: { state: "low_memory", live: 9, reserved: 0, refused: 12 } };
  const page = await open(browser, stage.url);
  await page.locator('#admission[data-tone="bad"]', { hasText: "low memory" }).waitFor();
  assert.match(await page.locator("#calls-note").textContent() ?? "", /12 refused$/);
  await page.close();
});

test("The dashboard lets in whoever has the token, and out again", async (browser) => {
  await using stage = new Stage(TOKEN);
  const page = await open(browser, stage.url, {}, null);
  await page.getByLabel("Admin token").fill("not the token at all");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("This is not the token.").waitFor();
  await page.getByLabel("Admin token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator('#link[data-state="live"]').waitFor();
  assert.equal(page.url(), stage.url);
  assert.equal(await page.evaluate("document.cookie"), "", "the cookie is out of reach of scripts");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Admin token").waitFor();
  assert.deepEqual(await page.context().cookies(), []);
  await page.close();
});

test("The dashboard shows what callers say as words, whatever is in them", async (browser) => {
  await using stage = new Stage();
  const text = "<img src=x onerror=alert(1)> & <b>bold</b>";
  stage.view = { ...VIEW, calls: [call(1, { lastWords: { speaker: "caller", text } })] };
  const page = await open(browser, stage.url);
  await page.getByText(text).waitFor();
  assert.equal(await page.locator("#rows img, #rows b").count(), 0);
  await page.close();
});

test("The dashboard fits a telephone: nothing has to be scrolled sideways", async (browser) => {
  await using stage = new Stage();
  const long = "unbreakable".repeat(9);
  const calls = [
    call(1, { business: long, lastWords: { speaker: "caller", text: long }, isOutbound: true }),
    ...Array.from(
      { length: 20 },
      (_, index) => call(index + 2, { state: "using_tool", costUsd: null, latency: null }),
    ),
  ];
  stage.view = { ...VIEW, calls, totalCalls: 123_456, peakCalls: 1_234 };
  for (const width of [320, 390, 768, 1440]) {
    const page = await open(browser, stage.url, { viewport: { width, height: 800 } });
    await page.locator("#rows tr").nth(20).waitFor();
    const scrollWidth = await page.evaluate<number>("document.documentElement.scrollWidth");
    assert.ok(scrollWidth <= width, `${scrollWidth} px at ${width}`);
    const box = await page.locator("#rows tr").first().boundingBox();
    assert.ok(box!.x >= 0 && box!.x + box!.width <= width);
    await page.close();
  }
});

test("The dashboard is dark or light as the reader has it, and legible in both", async (browser) => {
  await using stage = new Stage();
  const luminance: Record<string, number> = {};
  for (const colorScheme of ["light", "dark"] as const) {
    const page = await open(browser, stage.url, { colorScheme });
    const style = (name: string) => page.evaluate<string>(`getComputedStyle(document.body).${name}`);
    const ground = luminanceOf(await style("backgroundColor"));
    const ink = luminanceOf(await style("color"));
    luminance[colorScheme] = ground;
    const contrast = (Math.max(ground, ink) + 0.05) / (Math.min(ground, ink) + 0.05);
    assert.ok(contrast >= 7, `${colorScheme}: ${contrast}`); // WCAG 2, level AAA
    await page.close();
  }
  assert.ok(luminance.light > 0.8 && luminance.dark < 0.05, JSON.stringify(luminance));
});

/** Relative luminance of `rgb(r, g, b)`, after WCAG 2. */
function luminanceOf(color: string): number {
  const [red, green, blue] = color.match(/\d+/g)!.slice(0, 3).map(Number)
    .map((part) => part / 255)
    .map((part) => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

test("The dashboard says when the connection is lost, and comes back by itself", async (browser) => {
  await using stage = new Stage();
  const page = await open(browser, stage.url);
  await page.locator('#link[data-state="live"]').waitFor();
  stage.dropViewers();
  await page.locator('#link[data-state="lost"]').waitFor();
  assert.equal(
    await page.locator("#admission").textContent(),
    "not known",
    "the badge is of no use any more",
  );
  stage.view = { ...VIEW, sample: sampleAt(0, 7) };
  await page.locator('#link[data-state="live"]').waitFor();
  await page.locator("#calls", { hasText: "7" }).waitFor();
  await page.close();
});
