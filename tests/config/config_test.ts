import assert from "node:assert/strict";
import { ConfigError, loadConfig, type LoadOptions, readFields } from "../../src/config/config.ts";
import { FIELDS } from "../../src/config/fields.ts";
import { shellWord } from "../../src/util/shell_word.ts";

/** The least that `serve` runs with. */
const LEAST = {
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-test",
  TWILIO_AUTH_TOKEN: "0123456789abcdef0123456789abcdef",
};

function problemsOf(options: LoadOptions): ConfigError {
  try {
    loadConfig(options);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  assert.fail("the configuration was accepted");
}

Deno.test("A ConfigError that nothing catches shows what to set, and no stack", () => {
  const { stack = "", message } = problemsOf({ env: {} });
  assert.equal(stack, `ConfigError: ${message}`);
});

Deno.test("loadConfig() needs little and has a default for the rest", () => {
  const config = loadConfig({ env: LEAST });
  assert.equal(config.port, 8080);
  assert.equal(config.host, "0.0.0.0");
  assert.equal(config.realtimeUrl, "wss://api.openai.com/v1/realtime");
  assert.equal(config.realtimeModel, "gpt-realtime-2.1");
  assert.equal(config.twilioApiUrl, "https://api.twilio.com");
  assert.equal(config.audioFormat, "pcm24k");
  assert.equal(config.resampler, "polyphase");
  assert.deepEqual([config.playbackLeadMs, config.outputBufferMs], [10_000, 600_000]);
  assert.deepEqual([config.memoryLogSeconds, config.drainSeconds], [30, 300]);
  assert.deepEqual([config.logLevel, config.logFormat], ["info", "json"]);
  assert.equal(config.adminToken, undefined);
  assert.ok(Object.isFrozen(config));
});

Deno.test("loadConfig() reports every problem at once, each with the variable's name and an example", () => {
  const env = {
    ...LEAST,
    PUBLIC_URL: "voice.example.com",
    OPENAI_API_KEY: undefined,
    PORT: "eighty",
    RESAMPLER: "sox",
    ADMIN_TOKEN: "short",
  };
  const error = problemsOf({ env });
  assert.equal(error.code, "config_invalid");
  assert.deepEqual(error.problems.map((problem) => problem.env).sort(), [
    "ADMIN_TOKEN",
    "OPENAI_API_KEY",
    "PORT",
    "PUBLIC_URL",
    "RESAMPLER",
  ]);
  const lines = error.message.split("\n");
  assert.equal(lines[0], "The configuration has 5 problems:");
  assert.ok(lines.includes("  PORT must be a whole number from 0 to 65535, for example PORT=8080"));
  assert.ok(
    lines.includes(
      "  PUBLIC_URL must be an https URL without a query, for example PUBLIC_URL=https://voice.example.com",
    ),
  );
  assert.match(error.message, / ADMIN_TOKEN='a long random string'$/m);
  assert.ok(lines.includes("  OPENAI_API_KEY is missing, for example OPENAI_API_KEY=sk-proj-0123456789"));
  for (const { env, example } of error.problems) {
    const words = `${env}=${shellWord(example)}`;
    assert.equal(error.message.split(words).length, 2, `${env} is named once, with an example`);
  }
});

Deno.test("loadConfig() refuses keys that no header can carry, and placeholders", () => {
  const names = ["OPENAI_API_KEY", "EMBEDDING_API_KEY", "TWILIO_AUTH_TOKEN"];
  for (const key of ["sk-…", "…", "sk-...", "...", "sk-Schlüssel", "sk-a\nb", "sk-a\u00a0b"]) {
    const error = problemsOf({ env: { ...LEAST, ...Object.fromEntries(names.map((name) => [name, key])) } });
    assert.deepEqual(error.problems.map(({ env }) => env).sort(), [...names].sort(), key);
    assert.ok(!key.includes("Schl") || !error.message.includes(key), "the key is not shown");
  }
  assert.match(problemsOf({ env: { ...LEAST, OPENAI_API_KEY: "sk-…" } }).message, /must be the key itself/);
  const admin = problemsOf({ env: { ...LEAST, ADMIN_TOKEN: "ein langer Schlüssel" } });
  assert.deepEqual(admin.problems.map(({ env }) => env), ["ADMIN_TOKEN"]);
});

Deno.test("loadConfig() takes an empty variable for one that is not set", () => {
  const config = loadConfig({ env: { ...LEAST, PORT: "", ADMIN_TOKEN: "", TWILIO_ACCOUNT_SID: "" } });
  assert.deepEqual([config.port, config.adminToken, config.twilioAccountSid], [8080, undefined, undefined]);
  const error = problemsOf({ env: { ...LEAST, OPENAI_API_KEY: "" } });
  assert.deepEqual(error.problems.map(({ env, problem }) => `${env} ${problem}`), [
    "OPENAI_API_KEY is missing",
  ]);
  assert.match(error.message, /^The configuration has a problem:\n/);
});

Deno.test("loadConfig() never repeats a secret, however wrong it is", () => {
  const canary = "xyzzy-canary";
  const env = Object.fromEntries(Object.values(FIELDS).map(({ env }) => [env, ` ${canary} `]));
  const wrong = problemsOf({ env: { ...env, ADMIN_TOKEN: "canary", OPENAI_API_KEY: "  " } });
  assert.ok(wrong.problems.length > 8);
  assert.ok(!wrong.message.includes("canary"), wrong.message);
});

Deno.test("loadConfig() verifies nobody with --insecure, but only on loopback", () => {
  const { TWILIO_AUTH_TOKEN: _, ...withoutToken } = LEAST;
  const wide = problemsOf({ env: withoutToken, insecure: true });
  assert.deepEqual(wide.problems.map(({ env }) => env), ["HOST"]);
  const config = loadConfig({ env: { ...withoutToken, HOST: "127.0.0.1" }, insecure: true });
  assert.equal(config.twilioAuthToken, undefined);
  const withToken = loadConfig({ env: { ...LEAST, HOST: "::1" }, insecure: true });
  assert.equal(withToken.twilioAuthToken, undefined, "a token that is there is not half used");
  assert.deepEqual(problemsOf({ env: withoutToken }).problems.map(({ env }) => env), ["TWILIO_AUTH_TOKEN"]);
});

Deno.test("loadConfig() logs text on a terminal and JSON elsewhere, unless told", () => {
  assert.equal(loadConfig({ env: LEAST, isTerminal: true }).logFormat, "text");
  assert.equal(loadConfig({ env: { ...LEAST, LOG_FORMAT: "json" }, isTerminal: true }).logFormat, "json");
});

const accepted: [env: string, text: string, value: unknown][] = [
  ["PUBLIC_URL", "https://voice.example.com/", "https://voice.example.com"],
  ["PUBLIC_URL", " https://voice.example.com/ \r", "https://voice.example.com"],
  ["OPENAI_REALTIME_URL", "wss://api.openai.com/v1/realtime\n", "wss://api.openai.com/v1/realtime"],
  ["OPENAI_REALTIME_URL", "ws://127.0.0.1:9000/v1/realtime", "ws://127.0.0.1:9000/v1/realtime"],
  ["OPENAI_API_KEY", " sk-test\n", "sk-test"],
  ["PORT", "0", 0],
  ["MAX_CALLS", "100000", 100_000],
  ["MEMORY_LIMIT_MB", "512", 512],
  ["EMBEDDING_BASE_URL", "http://embedder:8080/v1", "http://embedder:8080/v1"],
  ["EMBEDDING_BASE_URL", "http://192.168.1.5/v1/", "http://192.168.1.5/v1"],
  ["OPENAI_BASE_URL", "https://eu.api.openai.com/v1/", "https://eu.api.openai.com/v1"],
  [
    "MONGODB_URI",
    "mongodb+srv://u:p@cluster.example.net/slimline",
    "mongodb+srv://u:p@cluster.example.net/slimline",
  ],
  ["DRAIN_SECONDS", "0", 0],
  ["TWILIO_ACCOUNT_SID", `AC${"0f".repeat(16)}`, `AC${"0f".repeat(16)}`],
  ["PUBLIC_URL", "https://user:word@voice.example.com:8443/", "https://user:word@voice.example.com:8443"],
  [
    "TWILIO_AUTH_TOKEN",
    "one, two,AC0123456789abcdef0123456789abcdef:three",
    "one, two,AC0123456789abcdef0123456789abcdef:three",
  ],
];

const refused: [env: string, text: string][] = [
  ["PUBLIC_URL", "https://voice.example.com/?x=1"],
  ["PUBLIC_URL", "https://voice.example.com?"],
  ["PUBLIC_URL", "https://voice.example.com/#"],
  ["PUBLIC_URL", "https://voice.\texample.com"],
  ["PUBLIC_URL", "https://voice.example.com/a b"],
  ["OPENAI_BASE_URL", "https://:word@api.openai.com/v1"],
  ["TWILIO_API_URL", "https://user@voice.example.com"],
  ["TWILIO_AUTH_TOKEN", "one,,two"],
  ["TWILIO_AUTH_TOKEN", Array(17).fill("one").join(",")],
  ["EMBEDDING_BASE_URL", "http://embeddings.example.com/v1"],
  ["OPENAI_BASE_URL", "http://embedder:8080/v1"],
  ["PUBLIC_URL", "wss://voice.example.com"],
  ["OPENAI_REALTIME_URL", "https://api.openai.com/v1/realtime"],
  ["PORT", "65536"],
  ["PORT", "-1"],
  ["PORT", "1e3"],
  ["PORT", " 80"],
  ["MAX_CALLS", "0"],
  ["MAX_CALLS", "99999999999999999999"],
  ["MEMORY_LIMIT_MB", "63"],
  ["MONGODB_URI", "https://cluster.example.net"],
  ["AUDIO_FORMAT", "PCMU"],
  ["LOG_LEVEL", "verbose"],
  ["TWILIO_ACCOUNT_SID", "AC123"],
];

const nameOf = (env: string) => Object.entries(FIELDS).find(([, field]) => field.env === env)![0];

for (const [env, text, value] of accepted) {
  Deno.test(`readFields() reads ${JSON.stringify(text)} as ${env}`, () => {
    const { raw, problems } = readFields({ [env]: text });
    assert.deepEqual(problems, []);
    assert.equal((raw as Record<string, unknown>)[nameOf(env)], value);
  });
}

for (const [env, text] of refused) {
  Deno.test(`readFields() refuses ${JSON.stringify(text)} as ${env}`, () => {
    assert.deepEqual(readFields({ [env]: text }).problems.map((problem) => problem.env), [env]);
  });
}

Deno.test("readFields() takes each example that its messages give", () => {
  const examples = Object.values(FIELDS).map(({ env, example }) => [env, example]);
  assert.deepEqual(readFields(Object.fromEntries(examples)).problems, []);
});

Deno.test("BUSINESSES is a folder, or a collection of MONGODB_URI", () => {
  const env = { ...LEAST, MONGODB_URI: "mongodb://db.example" };
  const placeOf = (BUSINESSES: string | undefined) => loadConfig({ env: { ...env, BUSINESSES } }).businesses;
  assert.deepEqual(placeOf(undefined), { in: "folder", path: "./businesses" });
  assert.deepEqual(placeOf("./mongodb"), { in: "folder", path: "./mongodb" });
  assert.deepEqual(placeOf("mongodb"), { in: "collection", name: "businesses" });
  assert.deepEqual(placeOf("mongodb:tenants.live"), { in: "collection", name: "tenants.live" });
  for (
    const wrong of ["mongodb:", "mongodb:$x", "mongodb:system.users", "mongodb://db.example/x", "mongodb:a b"]
  ) {
    const [{ env: name, problem }] = problemsOf({ env: { ...env, BUSINESSES: wrong } }).problems;
    assert.deepEqual([name, problem.startsWith("must be a folder, or mongodb:COLLECTION")], [
      "BUSINESSES",
      true,
    ], wrong);
  }
});

Deno.test("BUSINESSES in a collection needs a MONGODB_URI, which is told once", () => {
  const env = { ...LEAST, BUSINESSES: "mongodb" };
  const problemsWith = (MONGODB_URI: string | undefined) =>
    problemsOf({ env: { ...env, MONGODB_URI } }).problems;
  const [missing, ...more] = problemsWith(undefined);
  assert.deepEqual([missing.env, missing.problem, more], [
    "MONGODB_URI",
    "is missing, but BUSINESSES is a collection there",
    [],
  ]);
  assert.equal(problemsWith("https://db.example").length, 1);
});
