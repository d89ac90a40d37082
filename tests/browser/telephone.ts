import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { muLawDecode, muLawEncode } from "../../src/audio/mulaw_buffers.ts";
import { RateChanger } from "../../src/lab/telephone/page/line_codec.js";
import { encodeWav, readLineWav } from "../../src/audio/wav.ts";
import { BridgeRig, type BridgeRigOptions, RIG_ADMIN_TOKEN } from "../support/bridge_rig.ts";
import { likenessByPiece, medianLikeness } from "../support/correlation.ts";
import { eventually } from "../support/eventually.ts";
import { LiveCounts } from "../support/live_counts.ts";
import { launchChromium } from "./chromium.ts";
import { seriousFindings } from "./serious_findings.ts";

/** What is slow is so because the machine is busy. */
const PATIENCE_MS = 30_000;
const HANDLES = { sanitizeOps: false, sanitizeResources: false } as const;
const LINE_HZ = 8_000;
/** What the fake microphone is read at, so that the browser need not convert it. */
const MICROPHONE_HZ = 44_100;
/** Silence before the sentence: time to sign in and to connect, as the microphone begins when it is opened. */
const LEAD_SECONDS = 4;

const FOLDER = await Deno.makeTempDir();
const SENTENCE_FILE = "tests/fixtures/booking.wav";
const sentence = await readLineWav(SENTENCE_FILE);
const microphone = new Int16Array(LINE_HZ * (LEAD_SECONDS + 1) + sentence.length);
microphone.set(sentence, LINE_HZ * LEAD_SECONDS);
const MICROPHONE_FILE = `${FOLDER}/microphone.wav`;
await Deno.writeFile(MICROPHONE_FILE, encodeWav(atRate(microphone, LINE_HZ, MICROPHONE_HZ), MICROPHONE_HZ));
addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));

/** A recording at another sample rate. */
function atRate(samples: Int16Array, fromHz: number, toHz: number): Int16Array {
  const changer = new RateChanger(fromHz, toHz);
  const out: number[] = [];
  for (const sample of samples) {
    changer.push(sample);
    while (changer.isReady) out.push(Math.max(-32768, Math.min(32767, Math.round(changer.read()))));
  }
  return Int16Array.from(out);
}

const FAKE_MICROPHONE = [
  "--use-fake-device-for-media-stream",
  "--use-fake-ui-for-media-stream",
  `--use-file-for-fake-audio-capture=${MICROPHONE_FILE}%noloop`,
];

/** A server between its emulators, and a browser whose microphone hears silence, a sentence, and silence again. */
function test(
  name: string,
  options: BridgeRigOptions,
  run: (browser: Browser, rig: BridgeRig, counts: LiveCounts) => Promise<void>,
  flags: readonly string[] = FAKE_MICROPHONE,
): void {
  Deno.test(name, HANDLES, async () => {
    using counts = new LiveCounts();
    await using rig = await BridgeRig.start(options);
    counts.keep(rig.app.calls);
    const browser = await launchChromium([...flags, "--autoplay-policy=no-user-gesture-required"]);
    try {
      await run(browser, rig, counts);
    } finally {
      await browser.close();
    }
  });
}

/** The telephone's page. One that throws, or breaks its policy, fails the test. */
async function openTelephone(
  browser: Browser,
  rig: BridgeRig,
  { host = "localhost", ...options }: BrowserContextOptions & { host?: string } = {},
): Promise<Page> {
  const context = await browser.newContext({ permissions: ["microphone"], ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  await context.addInitScript({ path: "tests/browser/keep_output.js" });
  const page = await context.newPage();
  page.on("pageerror", (error) => assert.fail(`The page throws ${error.stack}`));
  page.on("console", (message) => {
    // The browser writes down the form's 401.
    if (message.type() === "error" && !message.text().includes("401")) {
      assert.fail(`The page complains: ${message.text()}`);
    }
  });
  const dashboard = `${rig.line.server.replace("127.0.0.1", host)}/dashboard`;
  await page.goto(`${dashboard}/telephone`);
  await page.getByLabel("token", { exact: false }).fill(RIG_ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Talk to the agent" }).waitFor();
  assert.equal(page.url(), `${dashboard}/telephone`);
  return page;
}

async function call(page: Page, { hasMicrophone = true } = {}): Promise<void> {
  await page.locator("#microphone").setChecked(hasMicrophone);
  await page.locator("#cleaned").setChecked(false);
  await page.getByRole("button", { name: "Talk to the agent" }).click();
  await page.locator("#state", { hasText: "Connected" }).waitFor();
}

async function hangUp(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Hang up" }).click();
  await page.locator("#again").waitFor();
}

/** What the loudspeaker got, at the rate of the line. */
async function loudspeaker(page: Page): Promise<Int16Array> {
  const { rate, chunks }: { rate: number; chunks: number[][] } = await page.evaluate(
    "({ rate: kept.rate, chunks: kept.chunks })",
  );
  return atRate(Int16Array.from(chunks.flat()), rate, LINE_HZ);
}

/** The recording that the page offers: what was said, and what was heard. */
async function tapeOf(page: Page): Promise<{ said: Int16Array; heard: Int16Array }> {
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Save as WAV" }).click(),
  ]);
  const bytes = await Deno.readFile(await download.path());
  const view = new DataView(bytes.buffer);
  assert.deepEqual([view.getUint16(22, true), view.getUint32(24, true)], [2, LINE_HZ]);
  const samples = Int16Array.from(
    { length: (bytes.length - 44) / 2 },
    (_, at) => view.getInt16(44 + 2 * at, true),
  );
  return {
    said: samples.filter((_, at) => at % 2 === 0),
    heard: samples.filter((_, at) => at % 2 === 1),
  };
}

/** Whether the page's player plays its recording, of more than a second, to its end. */
function playsAgain(page: Page): Promise<boolean> {
  return page.evaluate(`new Promise((resolve) => {
    const player = document.getElementById("player");
    player.addEventListener("ended", () => resolve(player.duration > 1));
    player.addEventListener("error", () => resolve(false));
    player.muted = true;
    player.playbackRate = 16;
    void player.play();
  })`);
}

/** Waits until nothing of any call is left at the server. */
async function nothingLeft(rig: BridgeRig, counts: LiveCounts): Promise<void> {
  await eventually("every call, slot and socket is released", async () => {
    const { twilioSockets, openAiSockets, callBytes } = counts.now;
    const { kernelSlots } = await rig.memory();
    return rig.app.isIdle && twilioSockets + openAiSockets + callBytes + kernelSlots === 0;
  }, PATIENCE_MS);
}

test(
  "A sentence said into the browser's microphone comes back from the echo as sound, and a hang-up leaves nothing behind",
  {},
  async (browser, rig, counts) => {
    const page = await openTelephone(browser, rig);
    await call(page);
    await page.locator("#talk .assistant", { hasText: "echo of" }).waitFor();
    await page.waitForTimeout(1_000 * sentence.length / LINE_HZ + 2_000); // all of it is heard
    const added = Number.parseFloat(await page.locator("#added").textContent() ?? "");
    await hangUp(page); // what follows takes a while, in the server's own process
    const byPiece = likenessByPiece(await loudspeaker(page), muLawDecode(muLawEncode(sentence)));
    const { said, heard } = await tapeOf(page);
    const words = said.findIndex((sample) => Math.abs(sample) > 1_000);
    const ownPath = likenessByPiece(heard, said.subarray(words, words + sentence.length));
    const shown = (likenesses: number[]) => likenesses.map((one) => one.toFixed(3)).join(" ");
    const figures = `microphone to loudspeaker ${shown(byPiece)}; own path ${
      shown(ownPath)
    }; p95 of ${added} ms added`;
    console.log(figures);
    assert.ok(medianLikeness(byPiece) >= 0.9, figures);
    assert.ok(medianLikeness(ownPath) >= 0.99, figures);
    assert.ok(added > 0 && added <= 40, figures);
    assert.match(await page.locator("#talk").innerText(), /chime[^]*s of speech[^]*echo of/);
    assert.notEqual(await page.locator("#answer").textContent(), "–");
    await nothingLeft(rig, counts);
    assert.equal(rig.summaries.at(-1)?.reason, "caller_hung_up");
    assert.deepEqual(
      await page.evaluate(
        "[kept.tracks.map((one) => one.readyState), [...kept.contexts].map((one) => one.state)]",
      ),
      [["ended"], ["closed"]],
      "microphone and sound are let go",
    );
    assert.ok(await playsAgain(page), "the call is heard again");
    await page.close();
  },
);

test(
  "Whoever speaks while the agent does interrupts it, and the page tells what the model is told: what was heard",
  { emulator: { agent: toneAgent(30) } },
  async (browser, rig, counts) => {
    const page = await openTelephone(browser, rig);
    await call(page);
    const interruption = page.locator("#talk .interruption").first();
    await interruption.waitFor();
    const [, shownMs] = /having heard (\d+) ms of the answer/.exec(await interruption.innerText()) ?? [];
    const session = await rig.emulator.session(1);
    assert.equal(Number(shownMs), session.record.truncations[0].audioEndMs);
    await hangUp(page);
    const { heard } = await tapeOf(page);
    const began = heard.findIndex((sample) => sample !== 0);
    const silent = firstSilence(heard, began);
    const heardMs = 1_000 * (silent - began) / LINE_HZ;
    console.log(`${shownMs} ms told, ${heardMs} ms heard by the tape`);
    assert.ok(Math.abs(heardMs - Number(shownMs)) < 150, `${shownMs} ms told, ${heardMs} ms on the tape`);
    await nothingLeft(rig, counts);
    await page.close();
  },
);

/** Where a tenth of a second of silence begins. */
function firstSilence(samples: Int16Array, from: number): number {
  for (let at = from, quiet = 0; at < samples.length; at++) {
    quiet = samples[at] === 0 ? quiet + 1 : 0;
    if (quiet === LINE_HZ / 10) return at + 1 - quiet;
  }
  return samples.length;
}

test(
  "Without a microphone, clips, typed sentences and keys are heard; a phone's width is enough, dark and light",
  {
    businesses: [{ id: "linden", name: "Linden Street Dental Practice", numbers: ["+15550100100"] }, {
      id: "rosa",
      numbers: ["+15550100200"],
    }],
  },
  async (browser, rig, counts) => {
    const page = await openTelephone(browser, rig, {
      viewport: { width: 375, height: 800 },
      colorScheme: "dark",
    });
    await page.locator("#business").selectOption("rosa");
    await call(page, { hasMicrophone: false });
    await page.locator("#talk .assistant", { hasText: "chime" }).waitFor();
    await page.locator("#clip").setInputFiles(SENTENCE_FILE);
    await page.locator("#talk .assistant", { hasText: "echo of" }).waitFor();
    await page.waitForTimeout(1_000 * sentence.length / LINE_HZ + 2_000);
    await page.getByRole("button", { name: "5", exact: true }).click();
    await page.locator("#state").click(); // no field has the keyboard
    await page.keyboard.press("#");
    await eventually("both keys are written down", async () => {
      const keys = await page.locator("#talk .keys .said").allInnerTexts();
      return keys.join("") === "5#";
    }, PATIENCE_MS);
    await page.locator("#sentence").fill("Is there a table for two?");
    await page.keyboard.press("Enter");
    await eventually(
      "the tones of the sentence are answered",
      async () => await page.locator("#talk .assistant").count() === 3,
      PATIENCE_MS,
    );
    for (const colorScheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme });
      const width: number = await page.evaluate("document.documentElement.scrollWidth");
      assert.ok(width <= 375, `The page is ${width} px wide.`);
      const { ratio, text }: { ratio: number; text: string } = await page.evaluate(
        await Deno.readTextFile("tests/browser/least_contrast.js"),
      );
      assert.ok(ratio >= 4.5, `${colorScheme}: ${ratio.toFixed(2)} of “${text}”`);
    }
    await hangUp(page);
    const byPiece = likenessByPiece(await loudspeaker(page), muLawDecode(muLawEncode(sentence)));
    assert.ok(medianLikeness(byPiece) >= 0.9, `${byPiece}`);
    assert.equal(rig.summaries.at(-1)?.info.business.id, "rosa");
    await nothingLeft(rig, counts);
    await page.close();
  },
);

test(
  "The telephone is good for screen readers, legible and narrow enough: idle, in a call, after it, dark and light",
  {},
  async (browser, rig) => {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await openTelephone(browser, rig, { colorScheme });
      const look = async (when: string) => {
        assert.deepEqual(await seriousFindings(page), [], `${when}, ${colorScheme}`);
        for (const width of [320, 390, 768, 1240]) {
          await page.setViewportSize({ width, height: 800 });
          const wide: number = await page.evaluate("document.documentElement.scrollWidth");
          assert.ok(wide <= width, `${when}: ${wide} px at ${width}`);
        }
      };
      await look("idle");
      await call(page, { hasMicrophone: false });
      await page.locator("#talk .assistant", { hasText: "chime" }).waitFor();
      await page.getByRole("button", { name: "5", exact: true }).click();
      await page.locator("#talk .keys").waitFor();
      await look("in a call");
      await hangUp(page);
      await look("after it");
      await page.close();
    }
  },
);

test(
  "On a line that is far away and loses packets the agent is heard with gaps, as many as were chosen",
  { emulator: { agent: toneAgent(30) } },
  async (browser, rig, counts) => {
    const page = await openTelephone(browser, rig);
    const sent: string[] = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => sent.push(String(payload))));
    await page.locator("#delay").selectOption("300 ms");
    await page.locator("#loss").selectOption("15 %");
    await call(page, { hasMicrophone: false });
    await page.locator("#talk .assistant").waitFor();
    await page.waitForTimeout(6_000);
    await hangUp(page);
    const { heard } = await tapeOf(page);
    const began = heard.findIndex((sample) => sample !== 0);
    const ended = heard.findLastIndex((sample) => sample !== 0);
    let silent = 0;
    for (let at = began, run = 0; at <= ended; at++) {
      run = heard[at] === 0 ? run + 1 : 0;
      if (run === 160) silent += 160; // a frame of the line
      else if (run > 160) silent++; // several, one after another
    }
    assert.ok(sent.some((text) => /"event":"call".*"delayMs":300\b/.test(text)), "it asks for the delay");
    const share = silent / (ended - began);
    console.log(`${(100 * share).toFixed(1)} % of ${(ended - began) / LINE_HZ} s are lost`);
    assert.ok(ended - began > 4 * LINE_HZ && share > 0.05 && share < 0.27, `${share}`);
    await nothingLeft(rig, counts);
    await page.close();
  },
);

test("A page that is closed in the middle of a call has hung up", {}, async (browser, rig, counts) => {
  const page = await openTelephone(browser, rig);
  const { pending } = rig.serverClock;
  await call(page);
  await eventually("the call is live", () => rig.app.calls.active === 1, PATIENCE_MS);
  await page.close();
  await nothingLeft(rig, counts);
  await eventually(
    "no timer is left, of its talk neither",
    () => rig.serverClock.pending <= pending,
    PATIENCE_MS,
  );
});

test(
  "Without a microphone that it may use the page says why, and calls without it",
  {},
  async (browser, rig, counts) => {
    const page = await openTelephone(browser, rig, { permissions: [] });
    await page.getByRole("button", { name: "Talk to the agent" }).click();
    const why = /There is no microphone\.|may not use the microphone: allow it.*Or call without it/;
    await page.locator("#state", { hasText: why }).waitFor();
    assert.ok(rig.app.isIdle, "nobody was called");
    await call(page, { hasMicrophone: false });
    await page.locator("#talk .assistant").waitFor();
    await hangUp(page);
    await nothingLeft(rig, counts);
    await page.close();
  },
  [],
);

test(
  "A page that came neither from this machine nor by https says that it cannot call",
  {},
  async (browser, rig) => {
    const page = await openTelephone(browser, rig, { host: "slimline.test", permissions: [] });
    await page.locator("#state", { hasText: "only pages of https" }).waitFor();
    assert.ok(await page.getByRole("button", { name: "Talk to the agent" }).isDisabled());
    await page.close();
  },
  ["--host-resolver-rules=MAP slimline.test 127.0.0.1"],
);
