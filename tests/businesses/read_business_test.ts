import assert from "node:assert/strict";
import { DEFAULT_BUSINESS, DEFAULT_KNOWLEDGE } from "../../src/businesses/business.ts";
import { readBusiness } from "../../src/businesses/read_business.ts";
import { BUSINESS_FILE } from "../../src/businesses/schema/business_file.ts";
import { transferTwiml } from "../../src/carrier/twilio/twiml.ts";
import { createTools } from "../../src/call/tools/business_tools.ts";
import { WebhookUrls } from "../../src/carrier/twilio/webhook_urls.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { businessOf, LEAST, lines, readFile } from "./business_files.ts";
import { LOOPBACK_REQUESTS } from "../support/loopback_requests.ts";

Deno.test("readBusiness() takes what a file leaves out from the default business, and shares it", async () => {
  const business = await businessOf({});
  assert.deepEqual(business, {
    ...DEFAULT_BUSINESS,
    id: "acme",
    name: "Acme",
    numbers: ["+15550100000"],
    instructions: "Answer.",
  });
  for (
    const section of [
      "greeting",
      "turns",
      "tools",
      "time",
      "limits",
      "fallback",
      "records",
      "transcription",
    ] as const
  ) {
    assert.equal(business[section], DEFAULT_BUSINESS[section], section);
  }
});

Deno.test("readBusiness() reads every field, and freezes all of it", async () => {
  const env = { BUSINESS_TOKEN: "t-1", BUSINESS_SIGN: "s-1" };
  const business = await businessOf({
    id: "other",
    inService: false,
    hours: {
      timeZone: "Europe/Berlin",
      week: { tuesday: ["22:00-01:30"] },
      days: { "2027-12-24": ["09:00-12:00"] },
      afterHours: { action: "say", words: "Closed." },
    },
    timeZone: "Europe/Berlin",
    callContext: false,
    language: "de",
    voice: "cedar",
    model: "gpt-realtime-mini",
    audioFormat: "pcmu",
    instructions: { file: "acme.md" },
    greeting: { instructions: "Say hello.", interruptible: false },
    turns: {
      detection: {
        type: "server_vad",
        threshold: 0.7,
        prefixPaddingMs: 200,
        silenceDurationMs: 400,
        idleTimeoutMs: 6000,
      },
      minInterruptionMs: 250,
    },
    variables: { shop: "the shop" },
    lookup: { url: "https://crm.example.com", timeoutMs: 500, headers: {} },
    answers: { maxTokens: "inf", speed: 1.1, reasoningEffort: "low", parallelToolCalls: false },
    truncation: { tokenLimit: 8000 },
    noiseReduction: { type: "far_field", strength: 0.5 },
    transcription: { model: "whisper-1", prompt: "Acme" },
    tools: {
      builtIn: ["send_dtmf"],
      http: [{
        name: "look_up",
        description: "Looks up.",
        url: "https://api.example.com/x",
        headers: { authorization: "Bearer ${BUSINESS_TOKEN}" },
        signingSecret: "${BUSINESS_SIGN}",
        timeoutMs: 700,
      }],
      mcp: [{
        type: "mcp",
        server_label: "crm",
        server_url: "https://mcp.example.com",
        headers: { k: "${BUSINESS_TOKEN}" },
      }],
      callsPerTurn: 3,
      fillerAfterMs: 900,
      fillerInstructions: "Say: a moment.",
    },
    knowledge: { about: "Prices.", dimensions: 256 },
    keys: { "#": { action: "transfer", target: "On call" }, "9": { action: "hang_up" } },
    transfers: [{ name: "On call", number: "+15550100009", announcement: "Connecting." }],
    time: {
      silencePromptSeconds: 5,
      silenceGoodbyeSeconds: 6,
      maxCallMinutes: 7,
      warnBeforeEndSeconds: 8,
      answerWithinSeconds: 9,
      connectWithinSeconds: 10,
    },
    fallback: { words: "Sorry.", forwardTo: "+15550100008", voicemail: true },
    limits: { callsAtOnce: 3, costPerDayUsd: 1.5, costPerCallUsd: 2 },
    outbound: { to: ["own country", "+49900"], callsPerMinute: 4 },
    records: {
      retentionDays: 7,
      redact: ["caller", "name"],
      recordings: "keep",
      deleteAtTwilio: true,
      webhook: { url: "https://hooks.example.com/calls", signingSecret: "${BUSINESS_SIGN}" },
    },
    busyWords: "Busy.",
    whenBusy: { tries: 3, waitWords: "Hold.", forwardTo: null },
    outOfServiceWords: "Gone.",
    thanksWords: "Thanks.",
    say: { voice: "Polly.Vicki" },
  }, env);
  assert.deepEqual(business, {
    id: "other",
    name: "Acme",
    numbers: ["+15550100000"],
    inService: false,
    hours: {
      timeZone: "Europe/Berlin",
      week: [[], [{ fromMinute: 1_320, toMinute: 1_530 }], [], [], [], [], []],
      days: { "2027-12-24": [{ fromMinute: 540, toMinute: 720 }] },
      afterHours: { action: "say", words: "Closed.", voicemail: false },
    },
    timeZone: "Europe/Berlin",
    callContext: false,
    language: "de",
    instructions: "From a file.",
    greeting: { instructions: "Say hello.", isInterruptible: false },
    voice: "cedar",
    model: "gpt-realtime-mini",
    audioFormat: "pcmu",
    turns: {
      detection: {
        type: "server_vad",
        threshold: 0.7,
        prefixPaddingMs: 200,
        silenceDurationMs: 400,
        idleTimeoutMs: 6000,
      },
      minInterruptionMs: 250,
      resumeAfterFalseInterruption: true,
    },
    variables: { shop: "the shop" },
    lookup: { url: "https://crm.example.com", timeoutMs: 500, headers: {} },
    answers: { maxTokens: "inf", speed: 1.1, reasoningEffort: "low", parallelToolCalls: false },
    truncation: { retentionRatio: 0.8, tokenLimit: 8000 },
    noiseReduction: { type: "far_field", strength: 0.5 },
    transcription: { model: "whisper-1", language: "de", prompt: "Acme" },
    tools: {
      builtIn: ["send_dtmf"],
      http: [{
        name: "look_up",
        description: "Looks up.",
        parameters: { type: "object", properties: {} },
        url: "https://api.example.com/x",
        headers: { authorization: "Bearer t-1" },
        signingSecret: "s-1",
        timeoutMs: 700,
      }],
      mcp: [{
        type: "mcp",
        server_label: "crm",
        server_url: "https://mcp.example.com",
        require_approval: "never",
        headers: { k: "t-1" },
      }],
      callsPerTurn: 3,
      callsPerCall: 200,
      fillerAfterMs: 900,
      fillerInstructions: "Say: a moment.",
    },
    knowledge: { about: "Prices.", dimensions: 256, results: 4, minSimilarity: 0.1, minWords: 0.3 },
    keys: { "#": { action: "transfer", target: "On call" }, "9": { action: "hang_up" } },
    transfers: [{
      name: "On call",
      description: "",
      number: "+15550100009",
      announcement: "Connecting.",
      whisper: "",
      ringSeconds: 25,
    }],
    time: {
      silencePromptAfterMs: 5_000,
      silenceGoodbyeAfterMs: 6_000,
      maxCallMs: 420_000,
      warnBeforeEndMs: 8_000,
      answerWithinMs: 9_000,
      connectWithinMs: 10_000,
    },
    fallback: { words: "Sorry.", forwardTo: "+15550100008", voicemail: true },
    limits: { callsAtOnce: 3, costPerDayUsd: 1.5, costPerCallUsd: 2 },
    outbound: { to: ["own country", "+49900"], callsPerMinute: 4, callsPerDay: 500, costPerDayUsd: 100 },
    records: {
      retentionDays: 7,
      redact: ["caller", "name"],
      recordings: "keep",
      deleteAtTwilio: true,
      webhook: { url: "https://hooks.example.com/calls", signingSecret: "s-1" },
    },
    busyWords: "Busy.",
    whenBusy: { tries: 3, retrySeconds: 10, waitWords: "Hold.", forwardTo: null },
    outOfServiceWords: "Gone.",
    thanksWords: "Thanks.",
    say: { voice: "Polly.Vicki" },
  });
  assert.ok(Object.isFrozen(business.tools.http[0].headers));
  assert.equal(createTools(business, new ManualClock(), LOOPBACK_REQUESTS).length, 3);
});

Deno.test("readBusiness() reports everything that is wrong at once, with path and wanted form", async () => {
  const result = await readFile({
    greting: "hello",
    nmae: "Acme",
    colour: "red",
    name: undefined,
    numbers: ["555", "+15550100000"],
    language: "English",
    turns: { detection: { type: "vad" }, minInteruptionMs: 5 },
    noiseReduction: "near",
    tools: { builtIn: ["end_cal"], http: [{ name: "look up", description: "x", url: "ftp://x" }] },
    keys: { "#": { action: "transfer" }, "12": { action: "hang_up" } },
    transfers: [{ name: "A", number: "1", ringSeconds: 76 }],
    time: { maxCallMinutes: 2.5 },
    fallback: { voicemail: "yes" },
  });
  assert.ok(Array.isArray(result));
  const known = Object.keys(BUSINESS_FILE.entries).join(", ");
  assert.deepEqual(
    result.toSorted(),
    [
      "acme.json: greting is not known here; did you mean greeting?",
      "acme.json: nmae is not known here; did you mean name?",
      `acme.json: colour is not known here; known are ${known}`,
      "acme.json: name is missing: it must be a text of 1 to 200 characters",
      "acme.json: numbers[0] must be E.164: + and 7 to 15 digits, such as +15550100000",
      "acme.json: language must be an ISO-639 code such as en",
      "acme.json: turns.detection.type must be server_vad or semantic_vad",
      "acme.json: turns.minInteruptionMs is not known here; did you mean minInterruptionMs?",
      "acme.json: noiseReduction must be near_field, far_field, an object of type and strength, or null",
      "acme.json: tools.builtIn[0] must be one of end_call, send_dtmf, take_message",
      "acme.json: tools.http[0].name must be 1 to 64 letters, digits, _ and -",
      "acme.json: tools.http[0].url must be an https URL without user and password",
      'acme.json: keys["#"].target is missing: it must be a text of 1 to 64 characters',
      "acme.json: keys.12 must be one of 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, *, #",
      "acme.json: transfers[0].number must be E.164: + and 7 to 15 digits, such as +15550100000",
      "acme.json: transfers[0].ringSeconds must be a whole number from 5 to 75",
      "acme.json: time.maxCallMinutes must be a whole number from 1 to 240",
      "acme.json: fallback.voicemail must be true or false",
    ].toSorted(),
  );
});

Deno.test("readBusiness() reports fields that do not fit together", async () => {
  const person = { name: "Ann", number: "+15550100000" };
  const tool = { name: "end_call", description: "x", url: "https://x.example" };
  assert.deepEqual(
    await readFile({
      numbers: ["+15550100000", "+15550100000"],
      transfers: [person, person],
      tools: { builtIn: ["end_call"], http: [tool] },
      keys: { "0": { action: "transfer", target: "Bob" } },
      fallback: { forwardTo: "+15550100000" },
      whenBusy: { forwardTo: "+15550100000" },
      time: { maxCallMinutes: 1, warnBeforeEndSeconds: 60 },
      records: { deleteAtTwilio: true, recordings: "link" },
    }),
    [
      "acme.json: numbers[1] is there twice, but each must be different",
      "acme.json: transfers[1].name is there twice, but each must be different",
      "acme.json: tools.http[0].name is the name of another tool, but each must be different",
      "acme.json: keys.0.target must be the name of one of the transfers: Ann, Ann",
      "acme.json: transfers[0].number must be another number than those that the business answers itself",
      "acme.json: transfers[1].number must be another number than those that the business answers itself",
      "acme.json: fallback.forwardTo must be another number than those that the business answers itself",
      "acme.json: whenBusy.forwardTo must be another number than those that the business answers itself",
      "acme.json: time.warnBeforeEndSeconds must be less than maxCallMinutes",
      "acme.json: records.deleteAtTwilio would delete the only copy: it needs recordings: keep, and retentionDays above 0",
    ],
  );
});

Deno.test("readBusiness() lets OpenAI use MCP servers without asking, and refuses anything else: nobody could answer", async () => {
  const server = { type: "mcp", server_label: "crm", server_url: "https://mcp.example.com" };
  const business = await readFile({ tools: { mcp: [server] } });
  assert.ok(!Array.isArray(business));
  assert.deepEqual(business.tools.mcp, [{ ...server, require_approval: "never" }]);
  for (const require_approval of ["always", null, { never: { tool_names: ["look_up"] } }]) {
    assert.deepEqual(await readFile({ tools: { mcp: [{ ...server, require_approval }] } }), [
      "acme.json: tools.mcp[0].require_approval must be never: nobody can approve a tool's use in the middle of a call",
    ]);
  }
});

Deno.test("readBusiness() refuses an address that only a browser would mend: it is sent on as it is written", async () => {
  const server = { type: "mcp", server_label: "crm" };
  const wanted = "acme.json: tools.mcp[0].server_url must be an https URL without user and password";
  for (
    const server_url of [
      " https://mcp.example.com",
      "https://mcp.example.com\n",
      "https://mcp.example.com\x01",
      "https://mcp.exa\tmple.com",
      "https://mcp.example.com/a b",
      "https:mcp.example.com",
      "https:/mcp.example.com",
      "https:\\\\mcp.example.com",
      "https://mcp.example.com\\sse",
      "https://@mcp.example.com",
      "wss://mcp.example.com",
      "http://mcp.example.com",
      "javascript:alert(1)",
      "file:///etc/passwd",
    ]
  ) {
    assert.deepEqual(await readFile({ tools: { mcp: [{ ...server, server_url }] } }), [wanted], server_url);
  }
  for (
    const server_url of [
      "HTTPS://MCP.example.com/sse?a=b",
      "https://bücher.example/",
      "https://[2606:4700::1]:8443/",
    ]
  ) {
    assert.ok(!Array.isArray(await readFile({ tools: { mcp: [{ ...server, server_url }] } })), server_url);
  }
});

Deno.test("readBusiness() refuses instructions outside of the folder, and those that are not there", async () => {
  for (const file of ["../secret.md", "/etc/passwd", "a/../../b.md", "C:\\x.md", ".."]) {
    assert.deepEqual(await readFile({ instructions: { file } }), [
      "acme.json: instructions.file must be the path of a file beside this one or below, such as NAME.md",
    ], file);
  }
  assert.deepEqual(await readFile({ instructions: { file: "gone.md" } }), [
    "acme.json: instructions.file must be a file that can be read, but gone.md cannot",
  ]);
  assert.deepEqual(await readFile({ instructions: 5 }), [
    "acme.json: instructions must be a text of 1 to 64000 characters, " +
    'or {"file": "NAME.md"} with a file beside this one or below',
  ]);
});

Deno.test("readBusiness() takes a webhook for records only where it is safe", async () => {
  const wanted = "acme.json: records.webhook.url must be an https URL without user and password";
  for (const url of ["http://hooks.example.com", "https://u:p@hooks.example.com", "ftp://127.0.0.1", "x"]) {
    assert.deepEqual(await readFile({ records: { webhook: { url } } }), [wanted], url);
  }
  for (const url of ["http://127.0.0.1:8000/x", "https://hooks.example.com/x"]) {
    assert.ok(!Array.isArray(await readFile({ records: { webhook: { url } } })), url);
  }
});

Deno.test("readBusiness() says what is no JSON without quoting from it", async () => {
  const named = { id: "acme", by: "the file's name" };
  const context = { secrets: () => undefined, named, readInstructions: () => Promise.reject(new Error()) };
  for (
    const text of ['{"signingSecret": hunter2}', '["hunter2",]', '{"hunter2": 1,}', '{"a": "hunter2', ""]
  ) {
    const result = await readBusiness("acme.json", text, context);
    assert.ok("problems" in result);
    const [line, ...more] = lines(result.problems);
    assert.match(line, /^acme\.json: must be JSON, but \S/);
    assert.doesNotMatch(line, /hunter2/);
    assert.deepEqual(more, []);
  }
  const result = await readBusiness("acme.json", `\uFEFF${JSON.stringify(LEAST)}`, context);
  assert.ok("business" in result, "a byte order mark is no mistake");
});

Deno.test("readBusiness() takes the file's name as id where it is one", async () => {
  assert.deepEqual(await readFile({}, {}, "Acme Inc.json"), [
    "Acme Inc.json: id is missing, and the file's name is not one: " +
    "it must be 1 to 64 lower-case letters, digits and dashes",
  ]);
  assert.ok(!Array.isArray(await readFile({ id: "acme" }, {}, "Acme Inc.json")));
  assert.deepEqual(await readFile({ id: "no-business" }), ["acme.json: id must not be no-business"]);
});

Deno.test("The longest announcement that a file may have fits into the TwiML of a transfer", async () => {
  const business = await businessOf({
    id: "x".repeat(64),
    transfers: [{
      name: "漢".repeat(64),
      number: "+15550100009",
      announcement: '"'.repeat(400),
      whisper: "w",
    }],
  });
  const urls = new WebhookUrls(`https://${"v".repeat(100)}.example.com`);
  const length =
    transferTwiml({ urls, business, callerId: "+155501000011111" }, business.transfers[0]).length;
  assert.ok(length < 4_000, `${length} characters`);
  assert.deepEqual(
    await readFile({ transfers: [{ name: "A", number: "+15550100009", announcement: "x".repeat(401) }] }),
    ["acme.json: transfers[0].announcement must be a text of at most 400 characters"],
  );
});

Deno.test("readBusiness() takes knowledge as off, as on with defaults, or with its own settings", async () => {
  assert.equal((await businessOf({})).knowledge, null);
  assert.equal((await businessOf({ knowledge: null })).knowledge, null);
  assert.deepEqual((await businessOf({ knowledge: {} })).knowledge, DEFAULT_KNOWLEDGE);
  assert.deepEqual(await readFile({ knowledge: { dimensions: 10, minWords: 2 } }), [
    "acme.json: knowledge.dimensions must be a whole number from 64 to 3072",
    "acme.json: knowledge.minWords must be a number from 0 to 1",
  ]);
  const tools = { http: [{ name: "search_knowledge", description: "x", url: "https://x.example" }] };
  assert.deepEqual(await readFile({ knowledge: {}, tools }), [
    "acme.json: tools.http[0].name is the name of another tool, but each must be different",
  ]);
});

Deno.test("readBusiness() refuses a tool whose parameters are no JSON schema, when it is read", async () => {
  const read = (parameters: unknown) =>
    readFile({
      tools: { http: [{ name: "t", description: "d", url: "https://api.example.com/", parameters }] },
    });
  const path = "acme.json: tools.http[0].parameters must be a JSON schema, but ";
  for (
    const [properties, problem] of [
      [{ a: { type: "strin" } }, "#/properties/a/type is not as it must be"],
      [
        { a: { pattern: "(" } },
        "a pattern is no regular expression, or repeats what can match one text in several ways",
      ],
      [{ a: { $ref: "#/$defs/none" } }, "a $ref leads nowhere, or to itself"],
    ] as const
  ) assert.deepEqual(await read({ type: "object", properties }), [path + problem]);
  assert.ok(!Array.isArray(await read({ type: "object", properties: { a: { type: "string" } } })));
});
