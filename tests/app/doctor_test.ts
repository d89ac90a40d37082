import assert from "node:assert/strict";
import { MAX_TRIED_SESSIONS } from "../../src/app/examine_sessions.ts";
import { good, safely, unknown } from "../../src/app/finding.ts";
import { mongoTest } from "../support/mongo/mongo_server.ts";
import { BUSINESS, NUMBER, visit, withTool } from "../support/doctor_visit.ts";

Deno.test("slimline doctor finds nothing bad where calls can be taken", async () => {
  const { code, lines, bad } = await visit();
  assert.deepEqual(bad, []);
  assert.equal(code, 0, lines.join("\n"));
  const subjects = lines.filter((line) => line.startsWith("ok")).map((line) => line.slice(5, 19).trim());
  assert.deepEqual(subjects, [
    "Configuration",
    "Businesses",
    "Network",
    "DATA_DIR",
    "Descriptors",
    "Clock",
    "OpenAI",
    "Twilio",
    "Fallback",
    "ADMIN_TOKEN",
    "PUBLIC_URL",
    "WebSocket",
  ]);
  assert.equal(lines.length, subjects.length + 2, "and doubts nothing");
  assert.equal(lines.at(-1), "Calls can be taken.");
});

Deno.test("slimline doctor says that others on the machine can read the keys in .env", async () => {
  const envFile = await Deno.makeTempFile();
  try {
    await Deno.chmod(envFile, 0o640);
    const open = await visit({ envFile });
    assert.equal(open.code, 0);
    assert.match(open.text, /^! +Secrets +\S+ can be read by other users of this machine\n +→ chmod 600 /m);
    await Deno.chmod(envFile, 0o600);
    assert.match((await visit({ envFile })).text, /^ok +Secrets +\S+ is for its owner alone$/m);
  } finally {
    await Deno.remove(envFile);
  }
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

Deno.test("slimline doctor reports a configuration that cannot be used with 2", async () => {
  const { code, lines } = await visit({ env: { PORT: "none" } });
  assert.equal(code, 2);
  assert.match(lines.join("\n"), /PORT must be a whole number/);
});

Deno.test("slimline doctor ends with what it found, whatever is out of reach", async () => {
  const gone = "http://127.0.0.1:9";
  const { code, text } = await visit({
    business: withTool(gone, { knowledge: {}, lookup: { url: gone }, numbers: [NUMBER, "+15550100009"] }),
    env: {
      PUBLIC_URL: gone,
      OPENAI_REALTIME_URL: "ws://127.0.0.1:9",
      TWILIO_API_URL: gone,
      DATA_DIR: "/proc/none",
      PRIVATE_HOSTS: "127.0.0.1:9",
    },
  });
  assert.equal(code, 1);
  assert.match(text, /\n\d problems to fix before calls can be taken\.$/);
});

for (
  const key of ["sk-…", "sk-...", "<your key>", "sk-your-api-key", "YOUR_API_KEY", "sk-xxxx", "schlüssel"]
) {
  Deno.test(`A key that cannot be is a mistake in the configuration: ${key}`, async () => {
    const { code, text } = await visit({ env: { OPENAI_API_KEY: key } });
    assert.equal(code, 2);
    assert.match(text, /OPENAI_API_KEY must be the key itself, in ASCII characters/);
  });
}

Deno.test("slimline doctor names the businesses' problems beside those of the configuration", async () => {
  const { code, text } = await visit({ env: { PORT: "none" }, business: { ...BUSINESS, voice: "no voice" } });
  assert.equal(code, 2);
  assert.match(text, /PORT must be/);
  assert.match(text, /acme\.json: voice must be/);
});

Deno.test("What an examination throws is a finding: that it could not find out", async () => {
  const failing = async function* () {
    yield good("Thing", "the first");
    await Promise.resolve();
    throw new TypeError("out of luck", { cause: new Error("why") });
  };
  assert.deepEqual(await Array.fromAsync(safely("Thing", failing)), [
    good("Thing", "the first"),
    unknown("Thing", "could not be looked at: out of luck: why"),
  ]);
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
