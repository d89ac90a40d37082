import assert from "node:assert/strict";
import { MAX_TRIED_SESSIONS } from "../../src/app/examine_sessions.ts";
import { doctor } from "../../src/cli/doctor.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import type { EmulatedNumber } from "../../src/lab/twilio/emulated_numbers.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { AuthTokens } from "../../src/carrier/twilio/auth_tokens.ts";
import { toneAgent } from "../../src/lab/openai/agents/tone_agent.ts";
import { good, safely, unknown } from "../../src/app/finding.ts";
import { SqliteKnowledgeStore } from "../../src/knowledge/sqlite/sqlite_store.ts";
import { streamCheck } from "../../src/carrier/twilio/stream_check.ts";
import type { Handler } from "../../src/http/router.ts";
import { RecordingLog } from "../support/recording_log.ts";
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
  /** What else is set for the number; default what should be. */
  number?: EmulatedNumber;
  env?: Record<string, string>;
  args?: string[];
  /** Default: one that is not there. */
  envFile?: string;
  /** Answers at PUBLIC_URL in place of the server, unless it is undefined for a path. */
  proxy?: (request: Request) => Response | undefined;
  /** How long a WebSocket is held; default 200 ms. */
  holdMs?: number;
}

/** The command's lines and exit code, for an installation between the emulators. */
async function visit(
  {
    emulator,
    business = BUSINESS,
    more = {},
    voiceUrl,
    number,
    env,
    args = [],
    proxy,
    holdMs = 200,
    envFile,
  }: Patient = {},
) {
  const clock = new SystemClock();
  const folder = await Deno.makeTempDir();
  const { log, error } = console;
  const lines: string[] = [];
  console.log = console.error = (text: string) => void lines.push(...text.split("\n"));
  try {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => {
        const answer = proxy?.(request);
        if (answer) return answer;
        const { pathname } = new URL(request.url);
        if (pathname === "/media/check") return check(request, "127.0.0.1");
        // What stands at Twilio as a fallback, say.
        if (pathname === "/fallback") return new Response("<Response><Say>Sorry.</Say></Response>");
        return Response.json({ status: "ok" });
      },
    );
    const publicUrl = `http://127.0.0.1:${server.addr.port}`;
    const authTokens = new AuthTokens(AUTH_TOKEN);
    const twilioAccountSid = ACCOUNT_SID;
    const check: Handler = streamCheck({
      publicUrl,
      twilioAccountSid,
      authTokens,
      clock,
      log: new RecordingLog(),
    });
    await using realtime = new EmulatedRealtimeApi({ clock, ...emulator });
    await using rest = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      numbers: {
        [NUMBER]: {
          voiceUrl: voiceUrl ?? `${publicUrl}/voice`,
          statusCallback: `${publicUrl}/voice/status`,
          voiceFallbackUrl: `${publicUrl}/fallback`,
          ...number,
        },
      },
    });
    for (const [name, file] of Object.entries({ acme: business, ...more })) {
      await Deno.writeTextFile(`${folder}/${name}.json`, JSON.stringify(file));
    }
    const code = await doctor(args, {
      PUBLIC_URL: publicUrl,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: realtime.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_API_URL: rest.url,
      BUSINESSES: folder,
      DATA_DIR: `${folder}/data`,
      ...env,
    }, { holdMs, envFile: envFile ?? `${folder}/.env` });
    const marked = (mark: string) => lines.filter((line) => line.startsWith(mark));
    return { code, lines, bad: marked("BAD "), unknown: marked("? "), text: lines.join("\n"), publicUrl };
  } finally {
    Object.assign(console, { log, error });
    await Deno.remove(folder, { recursive: true });
  }
}

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

Deno.test("slimline doctor does not say that calls can be taken by a server that it does not reach", async () => {
  const { code, lines, unknown } = await visit({
    env: { PUBLIC_URL: "http://127.0.0.1:9" },
    voiceUrl: "http://127.0.0.1:9/voice",
    number: { statusCallback: "http://127.0.0.1:9/voice/status" },
  });
  assert.equal(code, 3);
  assert.equal(unknown.length, 1);
  assert.match(unknown[0], /^\? +PUBLIC_URL +not reached from here/);
  assert.equal(lines.at(-1), "Nothing is bad. Not known: PUBLIC_URL.");
});

Deno.test("slimline doctor reports a configuration that cannot be used with 2", async () => {
  const { code, lines } = await visit({ env: { PORT: "none" } });
  assert.equal(code, 2);
  assert.match(lines.join("\n"), /PORT must be a whole number/);
});

const withTool = (url: string, more: Record<string, unknown> = {}) => ({
  ...BUSINESS,
  tools: { http: [{ name: "find", description: "Finds.", url }] },
  ...more,
});

/** A server of the user's own; notes what it is asked. */
function toolServer(answer: () => Response = () => new Response("", { status: 405 })) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return answer();
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return { asked, host, url: `http://${host}`, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("slimline doctor asks tools, lookups and record webhooks by HEAD alone, each address once", async () => {
  await using tools = toolServer();
  const { code, text } = await visit({
    business: withTool(`${tools.url}/find`, {
      lookup: { url: `${tools.url}/who` },
      records: { webhook: { url: `${tools.url}/find`, signingSecret: "x" } },
    }),
    env: { PRIVATE_HOSTS: tools.host },
  });
  assert.equal(code, 0, text);
  assert.deepEqual(tools.asked.sort(), ["HEAD /find", "HEAD /who"]);
  assert.match(
    text,
    /^ok +Tools +a server answers for the tool find of acme, the record webhook of acme, at http:/m,
  );
  assert.match(text, /^ok +Tools +a server answers for the lookup of acme/m);
});

Deno.test("slimline doctor says that a tool is not reached, may not be, or fails", async () => {
  const gone = toolServer();
  await gone[Symbol.asyncDispose]();
  const unreached = await visit({ business: withTool(gone.url), env: { PRIVATE_HOSTS: gone.host } });
  assert.equal(unreached.code, 1);
  assert.match(unreached.bad.join(), /Tools +the tool find of acme, at http:\S+, is not reached: .*REFUSED/);
  await using tools = toolServer(() => new Response("", { status: 503 }));
  const unlisted = await visit({ business: withTool(`${tools.url}/secret-path`) });
  assert.equal(unlisted.code, 1);
  assert.match(unlisted.bad.join(), /may not be reached: PRIVATE_HOSTS does not list the host/);
  assert.doesNotMatch(unlisted.text, /secret-path/);
  assert.deepEqual(tools.asked, []);
  const failing = await visit({ business: withTool(tools.url), env: { PRIVATE_HOSTS: tools.host } });
  assert.match(failing.text, /^! +Tools +the tool find of acme, .* answers 503 to HEAD$/m);
});

const MCP = {
  ...BUSINESS,
  tools: { mcp: [{ type: "mcp", server_label: "bookings", server_url: "https://bookings.example.com/mcp" }] },
};

Deno.test("slimline doctor has OpenAI say whether it reaches MCP servers", async () => {
  const agent = (mcpTools: () => "unreachable" | []) => () => ({ ...toneAgent(1)({ number: 1 }), mcpTools });
  const good = await visit({ business: MCP, emulator: { agent: agent(() => []) } });
  assert.equal(good.code, 0, good.text);
  assert.match(good.text, /^ok +Tools +OpenAI has listed the tools of the MCP server bookings of acme$/m);
  const bad = await visit({ business: MCP, emulator: { agent: agent(() => "unreachable") } });
  assert.equal(bad.code, 1);
  assert.match(bad.bad.join(), /Tools +OpenAI could not list the tools of the MCP server bookings of acme/);
});

Deno.test("slimline doctor says that knowledge is switched on and empty, and makes none", async () => {
  const folder = await Deno.makeTempDir();
  const env = { DATA_DIR: `${folder}/data` };
  try {
    const business = { ...BUSINESS, knowledge: {} };
    const empty = await visit({ business, env });
    assert.equal(empty.code, 0);
    assert.match(empty.text, /^! +Knowledge +switched on for acme, and empty/m);
    assert.deepEqual([...Deno.readDirSync(`${folder}/data`)], []);
    const store = SqliteKnowledgeStore.open(`${folder}/data/knowledge`, "acme");
    const chunk = { id: "1".repeat(32), source: "a", heading: "", text: "We open at nine." };
    await store.put([{ chunk, vector: undefined }], undefined);
    await store[Symbol.asyncDispose]();
    const filled = await visit({ business, env });
    assert.match(filled.text, /^ok +Knowledge +there is some for acme$/m);
    await Deno.writeTextFile(`${folder}/data/knowledge/acme.sqlite`, "no database");
    const broken = await visit({ business, env });
    assert.equal(broken.code, 3);
    assert.match(broken.unknown.join(), /Knowledge +that of acme cannot be read/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

for (
  const [name, status, body, line, wanted] of [
    ["fails", 500, "", /^BAD +Fallback .*answers 500$/m, 1],
    ["says something else", 200, "<html></html>", /^BAD +Fallback .*something else than TwiML$/m, 1],
    ["is for Twilio alone", 403, "", /^\? +Fallback .*answers 403: it may take Twilio's requests alone$/m, 3],
    ["says TwiML", 200, '<?xml version="1.0"?>\n<Response/>', /^ok +Fallback .*answers with TwiML$/m, 0],
  ] as const
) {
  Deno.test(`slimline doctor asks the fallback of a number, and says so when it ${name}`, async () => {
    const asked: string[] = [];
    const { code, text } = await visit({
      proxy: (request) => {
        if (new URL(request.url).pathname !== "/fallback") return undefined;
        asked.push(request.method, request.headers.get("x-twilio-signature") ?? "unsigned");
        return new Response(body, { status });
      },
    });
    assert.match(text, line);
    assert.equal(code, wanted);
    assert.equal(asked[0], "POST");
    assert.match(asked[1], /^[A-Za-z0-9+/]{27}=$/);
  });
}

Deno.test("slimline doctor says that a number has no fallback, or this very server for one", async () => {
  const none = await visit({ number: { voiceFallbackUrl: "" } });
  assert.equal(none.code, 0);
  assert.match(none.text, /^! +Fallback +none for \+15550100000: callers hear Twilio's error/m);
  const own = await visit({
    env: { PUBLIC_URL: "https://voice.example.invalid" },
    number: { voiceFallbackUrl: "https://voice.example.invalid/voice?x=1" },
  });
  assert.match(own.text, /^! +Fallback .*is this very server/m);
  const gone = await visit({ number: { voiceFallbackUrl: "http://127.0.0.1:9/f" } });
  assert.equal(gone.code, 3);
  assert.match(gone.unknown.join(), /Fallback .*is not reached from here/);
});

Deno.test("slimline doctor says that a trunk or an application goes before the number's URLs", async () => {
  for (
    const number of [{ trunkSid: `TK${"1".repeat(32)}` }, { voiceApplicationSid: `AP${"1".repeat(32)}` }]
  ) {
    const { code, bad } = await visit({ number });
    assert.equal(code, 1);
    assert.match(bad.join(), /belongs to (a SIP trunk, TK|an application, AP)1+, which goes before its URLs/);
  }
});

Deno.test("slimline doctor doubts a number that tells nobody how its calls go", async () => {
  const { code, text } = await visit({ number: { statusCallback: "" } });
  assert.equal(code, 0);
  assert.match(text, /^! +Twilio +\+15550100000 tells nobody how its calls go/m);
});

const upgrade = (request: Request) => new URL(request.url).pathname === "/media/check";

Deno.test("slimline doctor says that a proxy passes no upgrades on, and what one answers", async () => {
  for (
    const [status, line] of [[426, /without its Upgrade header/], [
      404,
      /answered with 404 in place of 101/,
    ]] as const
  ) {
    const { code, bad } = await visit({
      proxy: (request) => upgrade(request) ? new Response("", { status }) : undefined,
    });
    assert.equal(code, 1);
    assert.match(bad.join(), /^BAD +WebSocket /);
    assert.match(bad.join(), line);
  }
});

Deno.test("slimline doctor says that a proxy closes a WebSocket while the server says nothing", async () => {
  const { code, bad } = await visit({
    holdMs: 5_000,
    proxy: (request) => {
      if (!upgrade(request)) return undefined;
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = ({ data }) => {
        if (data === "slimline doctor") socket.send(data);
        setTimeout(() => socket.close(), 100);
      };
      return response;
    },
  });
  assert.equal(code, 1);
  assert.match(bad.join(), /WebSocket +one at PUBLIC_URL is closed 0\.\d s after the server fell silent/);
});

Deno.test("slimline doctor says that messages do not pass", async () => {
  const { code, bad } = await visit({
    proxy: (request) => {
      if (!upgrade(request)) return undefined;
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.onmessage = () => socket.close();
      return response;
    },
  });
  assert.equal(code, 1);
  assert.match(bad.join(), /WebSocket +an upgrade arrives at PUBLIC_URL, and no message does/);
});

Deno.test("slimline doctor says that the server has another token", async () => {
  const clock = new SystemClock();
  const { code, bad } = await visit({
    proxy: (request) =>
      upgrade(request) ? new Response("The signature does not fit.", { status: 403 }) : undefined,
  });
  assert.equal(code, 1, String(clock.now()));
  assert.match(bad.join(), /does not believe what is signed for it/);
});

Deno.test("slimline doctor --quick does not hold the WebSocket, and says that it does not know", async () => {
  const { code, unknown, lines } = await visit({ args: ["--quick"] });
  assert.equal(code, 3);
  assert.match(
    unknown.join(),
    /WebSocket +an upgrade arrives at PUBLIC_URL; the proxy's idle time-out was not tried/,
  );
  assert.equal(lines.at(-1), "Nothing is bad. Not known: WebSocket.");
});

for (
  const [ms, mark, wanted] of [[20_000, "!", 0], [-20_000, "!", 0], [600_000, "BAD", 1], [
    -600_000,
    "BAD",
    1,
  ]] as const
) {
  Deno.test(`slimline doctor says that the clock is ${ms / 1_000} s off`, async () => {
    const date = () => new Date(Date.now() - ms).toUTCString();
    await using twilio = toolServer(() => new Response("", { status: 404, headers: { date: date() } }));
    // Nobody has a number, so that Twilio is asked nothing else.
    const { text } = await visit({ env: { TWILIO_API_URL: twilio.url } });
    const side = ms > 0 ? "ahead of" : "behind";
    const line = new RegExp(`^${mark} +Clock +(\\d+) s ${side} that of Twilio: `, "m").exec(text);
    assert.ok(line, text);
    assert.ok(Math.abs(Number(line[1]) - Math.abs(ms) / 1_000) <= 2, line[0]);
    assert.ok(wanted === 0 || /problems? to fix/.test(text));
  });
}

Deno.test("slimline doctor does not know what time it is where nobody says so", async () => {
  const { code, unknown } = await visit({
    env: { TWILIO_API_URL: "http://127.0.0.1:9" },
  });
  assert.equal(code, 3);
  assert.match(unknown.join("\n"), /Clock +not compared: Twilio was not reached/);
  assert.match(unknown.join("\n"), /Twilio +Twilio was not reached/);
});

Deno.test("slimline doctor says that there is no token of the account", async () => {
  const { code, bad } = await visit({ env: { TWILIO_AUTH_TOKEN: `AC${"2".repeat(32)}:another's` } });
  assert.equal(code, 1);
  assert.match(bad.join("\n"), /Twilio +TWILIO_AUTH_TOKEN has no token of TWILIO_ACCOUNT_SID/);
});

Deno.test("slimline doctor says that it will take long once a WebSocket is held behind a proxy, and not before", async () => {
  const unreached = await visit({ env: { PUBLIC_URL: "https://voice.example.invalid" }, holdMs: 60_000 });
  assert.doesNotMatch(unreached.text, /is held for/);
  assert.equal(unreached.code, 1); // the number rings elsewhere
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

Deno.test("slimline doctor does not know whether numbers ring here without an account", async () => {
  const { code, lines } = await visit({ env: { TWILIO_ACCOUNT_SID: "" } });
  assert.equal(code, 3);
  assert.match(lines.join("\n"), /^\? +Twilio +not asked whether the numbers ring here/m);
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
