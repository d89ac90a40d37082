import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { scriptedAgent, type ScriptedReply } from "../../src/lab/openai/agents/scripted_agent.ts";
import type { FailureScript } from "../../src/lab/openai/failures/failure_script.ts";
import { CallRegistry } from "../../src/lab/twilio/emulated_call.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";
import { eventually } from "../support/eventually.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";
import { WebhookEndpoint } from "../support/webhook_endpoint.ts";

const PUBLIC_URL = "https://voice.example.com";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const WAIT_MS = 30_000;
/** A short utterance of the caller, the silence that ends it, and the answer. */
const TURN_MS = 900;

/** Nobody but the one whom it is for may ever see one of these: neither in what is written nor in what is answered. */
const KEYS = {
  openai: "sk-PLANTEDopenai7Qm2xV9",
  twilio: "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
  admin: "PLANTED-admin-Zk81hWq0",
  tool: "PLANTED-tool-Tt55rLx3",
  toolSigning: "PLANTED-tool-signing-Ss42mNb7",
  hookSigning: "PLANTED-hook-signing-Hh93cVd1",
  mcp: "PLANTED-mcp-Mm64pKj8",
  mongo: "PLANTED-mongo-Gg17yRe2",
};
/** Numbers are never told; the words of a call are in its record and, the latest, in what operators see of live calls. */
const CALLER = "+15558675309";
const SALES = "+15557390214";
const WORD = "Zwetschgenkuchen";
/** What callers say, and the record masks. */
const SPOKEN = [
  "4155550134",
  "415 555 0134",
  "petra.planted@example.org",
  "4111 1111 1111 1111",
  "Plantagenet",
];
const SAID =
  `My name is Petra Plantagenet, ${WORD}, call 415 555 0134 or petra.planted@example.org, card 4111 1111 1111 1111.`;

/** A text as it is, and as it is usually written in other places. */
function forms(secret: string): string[] {
  const percent = encodeURIComponent(secret);
  const base64 = btoa(secret).replace(/=+$/, "");
  const basic = btoa(`${ACCOUNT_SID}:${secret}`).replace(/=+$/, "");
  const hex = Array.from(new TextEncoder().encode(secret), (byte) => byte.toString(16).padStart(2, "0")).join(
    "",
  );
  return [secret, percent, base64, basic, hex, secret.replace(/^\+/, "")];
}

/** Where texts must not be, and where they are. */
function found(secrets: readonly string[], places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places).flatMap(([place, text]) =>
    secrets.filter((secret) => forms(secret).some((form) => text.includes(form))).map((secret) =>
      `${secret} in ${place}`
    )
  );
}

function placesOf(places: Readonly<Record<string, string>>, name: RegExp): Record<string, string> {
  return Object.fromEntries(Object.entries(places).filter(([place]) => name.test(place)));
}

function filesBelow(path: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const { name, isDirectory } of Deno.readDirSync(path)) {
    if (isDirectory) Object.assign(files, filesBelow(`${path}/${name}`));
    else files[`${path}/${name}`] = new TextDecoder("latin1").decode(Deno.readFileSync(`${path}/${name}`));
  }
  return files;
}

/**
 * Speaks with the caller, looks something up in vain and with success, and takes a message, one after another in one
 * turn. The transfer waits for the next turn, so that operators have the time to see the latest words before.
 */
const REPLIES: ScriptedReply[] = [
  { on: "greeting", say: { toneMs: 200, transcript: "Hello." } },
  { call: { name: "find_order", arguments: { id: WORD, telephone: "415 555 0134" } } },
  { call: { name: "lost_order", arguments: { id: WORD } } },
  {
    call: {
      name: "take_message",
      arguments: { name: "Petra Plantagenet", number: "415 555 0134", message: SAID },
    },
  },
  { call: { name: "find_order", arguments: `{"id": "${WORD}` } },
  { call: { name: "no_such_tool", arguments: { id: WORD } } },
  { say: { toneMs: 200, transcript: `${WORD} it is.` } },
  { on: "turn", call: { name: "transfer_call", arguments: { target: "sales" } } },
];

/** Errors that quote whatever they like, one a session. */
const FAILURES: FailureScript = [
  {
    sessions: 1,
    at: { on: "elapsed", afterMs: 500 },
    failure: "error",
    code: "invalid_api_key",
    message: `Incorrect API key provided: ${KEYS.openai}, ${KEYS.mcp}. Call 415 555 0134.`,
  },
  {
    sessions: [3, 4],
    at: { on: "response_created", responses: 2 },
    failure: "error",
    code: "server_error",
    message: `Bad: ${KEYS.mcp}, 415 555 0134`,
  },
  { sessions: 4, at: { on: "elapsed", afterMs: 300 }, failure: "drop" },
  {
    sessions: 5,
    failure: "refuse_upgrade",
    status: 401,
    message: `Incorrect API key provided: ${KEYS.openai}.`,
  },
  {
    sessions: 6,
    at: { on: "session_updated" },
    failure: "inject",
    event: { type: "error", error: { message: 7 } },
  },
];

function businessFile(toolUrl: string, webhookUrl: string) {
  const headers = { authorization: "Bearer ${BUSINESS_TOOL_TOKEN}" };
  const tool = { description: "Looks an order up.", headers, signingSecret: "${BUSINESS_TOOL_SIGNING}" };
  const parameters = { type: "object", properties: { id: { type: "string" } } };
  return {
    name: "Acme",
    instructions: "You answer for Acme.",
    numbers: ["+15550100000"],
    turns: {
      detection: { type: "server_vad", threshold: 0.5, prefixPaddingMs: 100, silenceDurationMs: 200 },
    },
    tools: {
      builtIn: ["end_call", "take_message"],
      http: [
        { ...tool, name: "find_order", parameters, url: toolUrl },
        { ...tool, name: "lost_order", parameters, url: "http://127.0.0.1:1/lost" },
      ],
      mcp: [{
        type: "mcp",
        server_label: "shop",
        server_url: "https://mcp.example.com",
        authorization: "${BUSINESS_MCP_TOKEN}",
      }],
    },
    transfers: [{ name: "sales", description: "whoever sells", number: SALES }],
    records: {
      redact: ["telephone", "email", "card", "ssn", "name", "caller"],
      webhook: { url: webhookUrl, signingSecret: "${BUSINESS_HOOK_SIGNING}" },
    },
    fallback: { words: "We will call you back.", forwardTo: SALES },
  };
}

for (const isMongoAway of [false, true]) {
  const where = isMongoAway ? "a MongoDB that is away" : "SQLite";
  Deno.test(`No secret is in what slimline serve writes and answers, with its records in ${where}`, async () => {
    using temp = new TempFolder();
    const clock = new SystemClock();
    const registry = new CallRegistry();
    await using tools = new ToolEndpoint(() => ({ status: "on its way", note: SAID }));
    await using webhooks = new WebhookEndpoint();
    await using twilio = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: KEYS.twilio,
      registry,
    });
    await using openai = new EmulatedRealtimeApi({
      clock,
      agent: scriptedAgent(REPLIES, {
        userTranscripts: [SAID, SAID, SAID, SAID, SAID, SAID],
        fallback: null,
      }),
      script: FAILURES,
    });
    const business = businessFile(tools.tool("find_order").url, webhooks.url);
    temp.write("businesses/acme.json", JSON.stringify(business));
    temp.write("businesses/bad.json", JSON.stringify({ ...business, numbers: [CALLER], voice: 7 }));
    const { server, port } = await ServeProcess.start({
      folder: temp.path,
      env: {
        PUBLIC_URL,
        BUSINESSES: `${temp.path}/businesses`,
        DATA_DIR: `${temp.path}/data`,
        DRAIN_SECONDS: "0",
        LOG_LEVEL: "debug",
        OPENAI_API_KEY: KEYS.openai,
        OPENAI_REALTIME_URL: openai.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: KEYS.twilio,
        TWILIO_API_URL: twilio.url,
        ADMIN_TOKEN: KEYS.admin,
        PRIVATE_HOSTS: "127.0.0.1",
        BUSINESS_TOOL_TOKEN: KEYS.tool,
        BUSINESS_TOOL_SIGNING: KEYS.toolSigning,
        BUSINESS_HOOK_SIGNING: KEYS.hookSigning,
        BUSINESS_MCP_TOKEN: KEYS.mcp,
        ...isMongoAway && {
          MONGODB_URI: `mongodb://planted:${KEYS.mongo}@127.0.0.1:1/x?serverSelectionTimeoutMS=300`,
        },
      },
    });
    const answers: Record<string, string> = {};
    const callSids: string[] = [];
    {
      await using _ = server;
      const address = `http://127.0.0.1:${port}`;
      const line = {
        clock,
        server: address,
        publicUrl: PUBLIC_URL,
        accountSid: ACCOUNT_SID,
        authToken: KEYS.twilio,
      };

      /** What an endpoint answers, to operators and to others. */
      const ask = async (path: string, init: RequestInit = {}, isOperator = true) => {
        const headers = { ...isOperator && { authorization: `Bearer ${KEYS.admin}` }, ...init.headers };
        const answer = await fetch(address + path, { redirect: "manual", ...init, headers });
        const text = JSON.stringify([...answer.headers]) + await answer.text();
        answers[`${init.method ?? "GET"} ${path} ${answer.status} ${Object.keys(answers).length}`] = text;
        return answer.status;
      };
      const askOperators = async () => {
        for (
          const path of [
            "/",
            "/metrics",
            "/memory",
            "/calls",
            "/healthz",
            "/readyz",
            "/dashboard",
            "/nothing",
          ]
        ) {
          await ask(path);
        }
      };

      /** Whether operators have been shown the latest words of a call, and a call was transferred. */
      const isAllThere = () =>
        found([WORD], placesOf(answers, /^GET \/calls/)).length > 0 && twilio.requests.length > 0;

      /** A call that talks until its time is over, and on until what is waited for is there. */
      const call = async (ms: number, to = "+15550100000", isThere = () => true) => {
        const caller = new SimulatedCaller({
          line,
          from: CALLER,
          to,
          registry,
          onDial: () => ({ status: "no-answer" }),
        });
        callSids.push(caller.callSid);
        const over = caller.place();
        const isDone = (saidMs: number) => saidMs >= ms && (saidMs >= WAIT_MS || isThere());
        for (let saidMs = 0; !isDone(saidMs) && !caller.isOver; saidMs += TURN_MS) {
          caller.speech.say(CallerSpeech.tone(300, 300));
          await caller.until(() => false, TURN_MS);
          if (!isThere()) await ask("/calls");
        }
        if (ms > 2_000) await askOperators();
        caller.press("4155550134#");
        await caller.until(() => false, 300);
        caller.hangUp();
        await over;
      };

      // Calls with tools and a transfer; calls that fail in their own ways.
      await call(TURN_MS);
      await Promise.all([call(6_000), call(4_000), call(3_000), call(2_500), call(2_500), call(2_500)]);
      for (let tries = 0; tries < 8 && !isAllThere(); tries++) {
        await call(TURN_MS, undefined, isAllThere);
      }
      await call(200, "+15550100099"); // nobody's number

      // Refused and malformed requests.
      const form = (fields: Record<string, string>) =>
        new URLSearchParams({ CallSid: WORD, From: CALLER, To: SALES, ...fields });
      const post = (path: string, body: BodyInit, headers: Record<string, string> = {}, isOperator = false) =>
        ask(path, { method: "POST", body, headers }, isOperator);
      await post("/voice", form({}), { "x-twilio-signature": KEYS.twilio });
      await post("/voice", form({}));
      const odd = form({ From: CALLER.repeat(8), Words: WORD });
      await post("/voice", odd, {
        "x-twilio-signature": await new TwilioSigner(KEYS.twilio).sign(`${PUBLIC_URL}/voice`, odd),
      });
      await post("/calls", JSON.stringify({ to: SALES, from: CALLER, words: WORD }), {
        "content-type": "application/json",
      }, true);
      await post("/calls", `{"to": "${CALLER}`, { "content-type": "application/json" }, true);
      await post("/calls", "{}", { authorization: `Bearer ${KEYS.admin}x` });
      await ask(`/records?call=${WORD}`);
      await ask("/metrics", { headers: { authorization: `Bearer ${WORD}` } }, false);
      await askOperators();

      await eventually("all records have been sent or wait", async () => {
        const statuses = await Promise.all(callSids.slice(0, -1).map((sid) => ask(`/records?call=${sid}`)));
        return statuses.every((status) => status === 200);
      }, WAIT_MS);
      if (!isMongoAway) await eventually("webhooks were sent", () => webhooks.received.length >= 6, WAIT_MS);
      await Deno.writeTextFile(`${temp.path}/businesses/acme.json`, JSON.stringify(business).slice(0, -9));
      server.signal("SIGHUP");
      await eventually("the mistake is told", () => server.log.split("business_invalid").length > 2, WAIT_MS);
    }

    // The scenario has met what it is for; what OpenAI quoted of a secret is hidden.
    assert.ok(tools.requests.length > 0, "a tool was called");
    assert.ok(tools.requests.every(({ headers }) => headers.get("authorization") === `Bearer ${KEYS.tool}`));
    assert.ok(twilio.requests.length > 0, "a call was transferred");
    for (const event of ["webhook_refused", "call_started", "agent_lost", "[secret]"]) {
      assert.ok(server.log.includes(event), `${event} in\n${server.log}`);
    }
    const written = filesBelow(`${temp.path}/data`);
    assert.ok(
      Object.keys(written).some((path) => path.includes(isMongoAway ? "outbox/store" : "records.db")),
    );

    const log = { log: server.log, output: server.output };
    const sentByWebhook = Object.fromEntries(
      webhooks.received.map((
        { headers, body },
        index,
      ) => [`webhook ${index}`, JSON.stringify([...headers]) + body]),
    );
    const sentToTools = Object.fromEntries(tools.requests.map(({ body }, index) => [`tool ${index}`, body]));
    const sentToTwilio = Object.fromEntries(
      twilio.requests.map((request, index) => [`REST ${index}`, JSON.stringify(request)]),
    );
    const everything = { ...log, ...answers, ...written, ...sentByWebhook, ...sentToTools, ...sentToTwilio };
    assert.deepEqual(found(Object.values(KEYS), everything), [], "keys");
    const masked = [CALLER, SALES, ...SPOKEN];
    const calls = placesOf(answers, /^GET \/calls/);
    const records = placesOf(answers, /^GET \/records/);
    const others = placesOf(answers, /^(?!GET \/(?:calls|records))/);
    assert.deepEqual(
      found([...masked, WORD], { ...log, ...others }),
      [],
      "what was said, in log and reports",
    );
    assert.deepEqual(found(masked, calls), [], "what is masked in the last words of live calls");
    assert.deepEqual(found(masked, { ...records, ...written, ...sentByWebhook }), [], "what records mask");
    assert.ok(found([WORD], records).length > 0, "the words themselves are the record's");
    assert.ok(found([WORD], calls).length > 0, "and operators see the latest");
  });
}
