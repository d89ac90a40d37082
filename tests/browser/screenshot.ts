// Takes the pictures of the dashboard: a server of its own with several businesses, simulated calls between the emulators,
// and a look at it after two minutes, and at one of the calls. Arguments: the two files to write.

import { SERVER_FLAGS } from "../../src/cli/self.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import type { AgentFactory } from "../../src/lab/openai/agent.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { launchChromium } from "./chromium.ts";
import { eventually } from "../support/eventually.ts";

const PORT = 18_080;
const ADMIN_TOKEN = "the picture's admin token";
const SERVER = `http://127.0.0.1:${PORT}`;
const PUBLIC_URL = "https://voice.example.com";
const AUTH_TOKEN = "the picture's auth token";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
/** Two minutes, in which calls come one after another. */
const CALL_EVERY_MS = 9_000;
const CALLS = 14;
/** These hang up before the picture is taken. */
const SHORT_CALLS = [0, 1, 2, 4, 6];
const SHORT_CALL_MS = 52_000;

const TALKS: readonly { business: string; agent: readonly string[]; caller: readonly string[] }[] = [
  {
    business: "linden-dental",
    agent: [
      "Linden Street Dental, good morning.",
      "On Thursday there is a quarter past nine, or four o'clock.",
      "Then I have you down for Thursday at four.",
    ],
    caller: ["I'd like to move my cleaning to later this week.", "Four o'clock is better for me."],
  },
  {
    business: "trattoria-rosa",
    agent: [
      "Trattoria Rosa, how can I help?",
      "For six people at eight there is the large table by the window.",
      "All our pasta can be had without gluten.",
    ],
    caller: [
      "A table for six on Saturday evening, please.",
      "One of us eats no gluten. My number is 020 7946 0999.",
    ],
  },
  {
    business: "hartmann-garage",
    agent: [
      "Hartmann's Garage, what can I do for you?",
      "A full service takes a day. You get a car from us meanwhile.",
      "Then bring it on Monday, before nine.",
    ],
    caller: ["The light for the engine came on this morning.", "Monday would be good."],
  },
  {
    business: "north-quay-law",
    agent: [
      "North Quay, you have reached reception.",
      "Ms Okafor is in court until three. Shall she call you back?",
      "I will let her know.",
    ],
    caller: ["Could I speak to Ms Okafor about the lease?", "Yes please, after three."],
  },
];

const clock = new SystemClock();
const emulator = new EmulatedRealtimeApi({
  clock,
  agent: talks(),
  speed: 6,
  networkDelayMs: 60,
  // What a model takes to begin, different from call to call.
  script: [380, 450, 520, 610, 700].map((delayMs, index) => ({
    failure: "slow_response",
    delayMs,
    sessions: Array.from({ length: CALLS }, (_, call) => call + 1).filter((call) => call % 5 === index),
  })),
});
const folder = await Deno.makeTempDir();
for (const [index, { business }] of TALKS.entries()) {
  const name = business.split("-").map((word) => word[0].toUpperCase() + word.slice(1)).join(" ");
  const file = {
    name,
    numbers: [numberOf(index)],
    instructions: "Help the caller, and be brief.",
    holdWords: [], // making them would take sessions, by whose order the talks are told
    transfers: [{ name: "reception", description: "Whoever is in.", number: "+15550209999" }],
  };
  await Deno.writeTextFile(`${folder}/${business}.json`, JSON.stringify(file));
}
const server = startServer();
try {
  await eventually(
    "the server answers",
    () => fetch(`${SERVER}/healthz`).then(({ ok }) => ok, () => false),
    20_000,
  );
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: { width: 1240, height: 900 }, deviceScaleFactor: 1.5 });
  await page.goto(`${SERVER}/dashboard`);
  await page.getByLabel("token", { exact: false }).fill(ADMIN_TOKEN);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${SERVER}/dashboard`);
  const callers: SimulatedCaller[] = [];
  const reports = [];
  for (let number = 0; number < CALLS; number++) {
    await new Promise((resolve) => setTimeout(resolve, CALL_EVERY_MS));
    const caller = callerOf(number);
    callers.push(caller);
    reports.push(caller.place());
    if (SHORT_CALLS.includes(number)) setTimeout(() => caller.hangUp(), SHORT_CALL_MS);
  }
  await new Promise((resolve) => setTimeout(resolve, CALL_EVERY_MS));
  await page.screenshot({ path: Deno.args[0], fullPage: true });
  await page.setViewportSize({ width: 1240, height: 720 });
  await page.locator("#rows tr", { hasText: "trattoria" }).nth(1).getByRole("link").click();
  await page.locator("#talk .user").first().waitFor();
  await page.evaluate("document.activeElement.blur()");
  await page.screenshot({ path: Deno.args[1], fullPage: true });
  await browser.close();
  for (const caller of callers) caller.hangUp();
  await Promise.all(reports);
} finally {
  server.kill("SIGTERM");
  await server.status;
  await emulator[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
}

/** A talk for each session, by the order in which calls come. */
function talks(): AgentFactory {
  return (session) => {
    const { agent, caller } = TALKS[(session.number - 1) % TALKS.length];
    const replies = agent.map((transcript) => ({ say: { toneMs: 60 * transcript.length, transcript } }));
    return scriptedAgent([...replies, ...replies, ...replies], {
      userTranscripts: [...caller, ...caller, ...caller],
    })(session);
  };
}

function callerOf(number: number): SimulatedCaller {
  const pauseMs = 4_000 + 700 * (number % 5);
  return new SimulatedCaller({
    line: { clock, server: SERVER, publicUrl: PUBLIC_URL, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN },
    from: `+155501000${10 + number * 7}`,
    to: numberOf(number % TALKS.length),
    speech: CallerSpeech.join(
      CallerSpeech.silence(pauseMs),
      CallerSpeech.tone(300, 2_000 + 300 * (number % 4)),
      CallerSpeech.silence(7_000),
    ),
  });
}

function numberOf(index: number): string {
  return `+1555020000${index}`;
}

function startServer(): Deno.ChildProcess {
  return new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--no-prompt",
      ...SERVER_FLAGS,
      `--allow-read=${folder}`,
      `--allow-write=${folder}`,
      "main.ts",
      "serve",
    ],
    env: {
      PORT: `${PORT}`,
      HOST: "127.0.0.1",
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-picture",
      OPENAI_REALTIME_URL: emulator.url,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      BUSINESSES: folder,
      DATA_DIR: `${folder}/data`,
      MEMORY_LIMIT_MB: "512",
      MEMORY_LOG_SECONDS: "5",
      ADMIN_TOKEN,
      LOG_LEVEL: "warn",
    },
  }).spawn();
}
