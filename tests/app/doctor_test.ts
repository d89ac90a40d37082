import assert from "node:assert/strict";
import { MAX_TRIED_SESSIONS } from "../../src/app/examine_sessions.ts";
import { doctor } from "../../src/cli/doctor.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";

const ACCOUNT_SID = "AC" + "1".repeat(32);
const AUTH_TOKEN = "a test's auth token";
const NUMBER = "+15550100000";
const BUSINESS = { name: "Acme", numbers: [NUMBER], instructions: "Answer." };

interface Patient {
  emulator?: Omit<EmulatedRealtimeApiOptions, "clock">;
  business?: Record<string, unknown>;
  /** Further businesses, by the names of their files. */
  more?: Record<string, Record<string, unknown>>;
  /** What is asked when the number rings; default what should be. */
  voiceUrl?: string;
  env?: Record<string, string>;
}

/** The command's lines and exit code, for an installation between the emulators. */
async function visit({ emulator, business = BUSINESS, more = {}, voiceUrl, env }: Patient = {}) {
  const clock = new SystemClock();
  const folder = await Deno.makeTempDir();
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (text: string) => void lines.push(...text.split("\n"));
  try {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => Response.json({ status: "ok" }),
    );
    const publicUrl = `http://127.0.0.1:${server.addr.port}`;
    await using realtime = new EmulatedRealtimeApi({ clock, ...emulator });
    await using rest = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      numbers: { [NUMBER]: { voiceUrl: voiceUrl ?? `${publicUrl}/voice` } },
    });
    for (const [name, file] of Object.entries({ acme: business, ...more })) {
      await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(file));
    }
    const code = await doctor([], {
      PUBLIC_URL: publicUrl,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: realtime.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_API_URL: rest.url,
      BUSINESSES: folder,
      DATA_DIR: `${folder}/data`,
      ...env,
    });
    return { code, lines, bad: lines.filter((line) => line.startsWith("BAD")) };
  } finally {
    Object.assign(console, { log, error });
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("slimline doctor finds nothing bad where calls can be taken", async () => {
  const { code, lines, bad } = await visit();
  assert.deepEqual(bad, []);
  assert.equal(code, 0);
  const subjects = lines.filter((line) => line.startsWith("ok")).map((line) => line.slice(5, 19).trim());
  assert.deepEqual(subjects, [
    "Configuration",
    "Businesses",
    "Network",
    "DATA_DIR",
    "Descriptors",
    "OpenAI",
    "Twilio",
    "PUBLIC_URL",
    "ADMIN_TOKEN",
  ]);
});

Deno.test("slimline doctor says where operators get their token from", async () => {
  const made = await visit();
  assert.match(made.lines.join("\n"), /^ok +ADMIN_TOKEN +unset: serve makes one/m);
  const set = await visit({ env: { ADMIN_TOKEN: "a long random text" } });
  assert.match(set.lines.join("\n"), /^ok +ADMIN_TOKEN +set$/m);
});

Deno.test("slimline doctor says that OpenAI refuses the key, and what to do", async () => {
  const { code, bad, lines } = await visit({
    emulator: { script: [{ failure: "refuse_upgrade", status: 401, code: "invalid_api_key" }] },
  });
  assert.equal(code, 1);
  assert.equal(bad.length, 1);
  assert.match(bad[0], /^BAD {2}OpenAI +gpt-realtime-2\.1 refused the session of acme/);
  assert.ok(lines.some((line) => line.includes("→")));
});

Deno.test("slimline doctor tries the session of every business, and says which is refused and why", async () => {
  const business = (id: string, more: Record<string, unknown>) => ({
    ...BUSINESS,
    numbers: [`+1555010${1000 + id.length * 26 + id.charCodeAt(0)}`],
    ...more,
  });
  const { code, bad: all, lines } = await visit({
    more: {
      mute: business("mute", { voice: "nobody" }),
      good: business("good", { knowledge: {} }),
      hasty: business("hasty", { model: "gpt-realtime-1.5", answers: { reasoningEffort: "low" } }),
      other: business("other", { model: "gpt-realtime-1.5" }),
    },
  });
  assert.equal(code, 1);
  const bad = all.filter((line) => !/ Twilio /.test(line));
  assert.equal(bad.length, 2, bad.join("\n"));
  assert.match(
    bad.join("\n"),
    /OpenAI +gpt-realtime-2\.1 refused the session of mute: .*'nobody'.*audio\.output\.voice/,
  );
  assert.match(bad.join("\n"), /OpenAI +gpt-realtime-1\.5 refused the session of hasty: .*'reasoning'/);
  const taken = lines.filter((line) => line.includes(" took the session"));
  assert.match(
    taken.join("\n"),
    /^ok +OpenAI +gpt-realtime-2\.1 took the sessions of acme, good in \d+ ms$/m,
  );
  assert.match(taken.join("\n"), /^ok +OpenAI +gpt-realtime-1\.5 took the session of other in \d+ ms$/m);
});

Deno.test("slimline doctor tries the sessions of many businesses, a bounded number and a few at a time", async () => {
  const names = Array.from({ length: MAX_TRIED_SESSIONS + 9 }, (_, index) => `b${index}`);
  const more = Object.fromEntries(
    names.map((name, index) => [name, { ...BUSINESS, numbers: [`+1555011${1000 + index}`] }]),
  );
  const { lines } = await visit({ more });
  assert.match(lines.join("\n"), /took the sessions of acme, b0, b1, b10, b100 and 195 more in/);
  assert.match(lines.join("\n"), /^\? +OpenAI +the sessions of 10 more businesses were not tried$/m);
});

Deno.test("slimline doctor warns of models that will be shut down, and of who uses them", async () => {
  const { code, lines } = await visit({
    business: { ...BUSINESS, model: "gpt-realtime-mini", transcription: { model: "whisper-1" } },
  });
  const text = lines.join("\n");
  assert.match(
    text,
    / Models +OpenAI (shuts|has shut) gpt-realtime-mini down on 2027-01-20, which acme uses$/m,
  );
  assert.match(text, / Models +OpenAI (shuts|has shut) whisper-1 down on 2027-02-26, which acme uses$/m);
  assert.match(text, /→ name another model in good time, such as gpt-realtime-2\.1-mini/);
  assert.equal(code, /BAD +Models/.test(text) ? 1 : 0);
});

Deno.test("slimline doctor says that a number rings elsewhere, and where it should", async () => {
  const { code, lines, bad } = await visit({ voiceUrl: "https://elsewhere.example.com/voice" });
  assert.equal(code, 1);
  assert.match(bad[0], /\+15550100000 asks POST https:\/\/elsewhere\.example\.com\/voice/);
  assert.match(
    lines.join("\n"),
    /→ set its "A call comes in" to webhook, http:\/\/127\.0\.0\.1:\d+\/voice, HTTP POST/,
  );
});

Deno.test("slimline doctor says that the account has no such number", async () => {
  const { bad } = await visit({ business: { ...BUSINESS, numbers: ["+15550100009"] } });
  assert.match(bad.join(), /does not own \+15550100009/);
});

Deno.test("slimline doctor says that Twilio refuses the credentials", async () => {
  const { bad, lines } = await visit({ env: { TWILIO_AUTH_TOKEN: "another" } });
  assert.match(bad.join(), /Twilio answered 401/);
  assert.match(lines.join("\n"), /TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN/);
});

Deno.test("slimline doctor reports what is wrong in business files", async () => {
  const { code, bad } = await visit({ business: { ...BUSINESS, voice: "no voice" } });
  assert.equal(code, 1);
  assert.match(bad[0], /Businesses +acme\.json: voice must be the name of a voice/);
});

Deno.test("slimline doctor says that a WAV file for callers who wait cannot be used", async () => {
  // Its own description is a file beside it, and no WAV file.
  const holdWords = ["One second.", { file: "acme.json", text: "A moment." }];
  const { code, bad } = await visit({ business: { ...BUSINESS, holdWords } });
  assert.equal(code, 1);
  assert.match(bad.join("\n"), /Businesses +holdWords of acme: This is not a WAV file/);
});

Deno.test("slimline doctor says that the data folder cannot be written", async () => {
  const file = await Deno.makeTempFile();
  const { bad } = await visit({ env: { DATA_DIR: file } });
  await Deno.remove(file);
  assert.match(bad.join(), /DATA_DIR/);
});

Deno.test("slimline doctor only doubts a server that it does not reach itself", async () => {
  const { code, lines } = await visit({
    env: { PUBLIC_URL: "http://127.0.0.1:9" },
    voiceUrl: "http://127.0.0.1:9/voice",
  });
  assert.equal(code, 0);
  assert.ok(lines.some((line) => /^\? +PUBLIC_URL +not reached from here/.test(line)));
});

Deno.test("slimline doctor reports a configuration that cannot be used with 2", async () => {
  const { code, lines } = await visit({ env: { PORT: "none" } });
  assert.equal(code, 2);
  assert.match(lines.join("\n"), /PORT must be a whole number/);
});

mongoTest("slimline doctor reads the businesses where the server would, in MongoDB too", async (server) => {
  const env = { BUSINESSES: "mongodb:tenants", MONGODB_URI: server.uri };
  const empty = await visit({ env });
  assert.equal(empty.code, 1);
  assert.match(empty.bad.join(), /Businesses +none in mongodb:tenants: no number is answered/);
  await using client = server.client();
  await client.db().collection<{ _id: string }>("tenants").insertMany([
    { _id: "acme", ...BUSINESS },
    { ...BUSINESS, _id: "bad", numbers: [] },
  ]);
  const { bad, lines } = await visit({ env });
  assert.equal(bad.length, 1);
  assert.match(bad[0], /Businesses +tenants\/bad: numbers must be a list/);
  assert.ok(lines.some((line) => /^ok +Businesses +acme$/.test(line)), lines.join("\n"));
});
