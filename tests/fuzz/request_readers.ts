import assert from "node:assert/strict";
import fc from "fast-check";
import { createApp } from "../../src/app/app.ts";
import { LagGate } from "../../src/admission/gates.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { BusinessDirectory } from "../../src/businesses/directory.ts";
import { isSignedByAny, streamUrls, TwilioSigner, webhookUrls } from "../../src/carrier/twilio/signature.ts";
import { StreamTokens } from "../../src/carrier/twilio/stream_token.ts";
import { loadConfig } from "../../src/config/config.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { QUIET_LOG } from "./quiet_log.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedJson, mutatedText } from "./mutate.ts";

const AUTH_TOKEN = "a test's auth token";
const ADMIN_TOKEN = "a token for tests that is long enough";
const PUBLIC_URL = "https://voice.example.com";
const NUMBER = "+15550100000";

const URLS = [
  `${PUBLIC_URL}/voice`,
  `${PUBLIC_URL}:8443/voice?name=O'Brien&x=a+b%20c`,
  "wss://user:pass@voice.example.com:443/media/stream/token/",
  "https://[::1]:80/voice/status?a=1&a=2#end",
];
const FORMS = [
  `CallSid=CA${"1".repeat(32)}&AccountSid=AC${
    "1".repeat(32)
  }&From=%2B15550100001&To=%2B15550100000&Direction=inbound`,
  `CallSid=CA${"1".repeat(32)}&CallStatus=completed&CallDuration=12`,
  `CallSid=CA${
    "1".repeat(32)
  }&DialCallStatus=no-answer&AnsweredBy=machine_start&RecordingUrl=https%3A%2F%2Fx`,
];
const PATHS = [
  "/voice",
  "/voice/after-stream",
  "/voice/dial-done?target=desk",
  "/voice/whisper?target=desk",
  "/voice/resume",
  "/voice/voicemail",
  "/voice/status",
  "/voice/answering-machine",
];
const OPERATORS_PATHS = [
  "/dashboard",
  "/dashboard/sign-in?code=abc",
  "/dashboard/logout",
  "/calls",
  "/records?call=CA1",
  "/memory",
  "/metrics",
  "/media/stream/AAAA",
];
const COOKIES = [
  `slimline_operator=${crypto.randomUUID()}.${"0".repeat(64)}`,
  "a=b; slimline_operator=1.x; c",
];
const CALLS = [{ to: "+15550100009", from: NUMBER, business: "default", machineDetection: "hang_up" }, {
  to: "+8816123456789",
}];

/** What an HTTP request has in it. */
interface MadeRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly [string, string][];
  readonly body: string;
}

function toRequest({ method, path, headers, body }: MadeRequest): Request | undefined {
  try {
    return new Request(`http://127.0.0.1${path}`, {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      ...method === "POST" && { body },
    });
  } catch (error) {
    assert.ok(error instanceof TypeError); // no HTTP client or server lets this through
    return undefined;
  }
}

/** The whole server, but for its listener, with a model that cannot be reached. */
async function startApp() {
  const clock = new SystemClock();
  const config = loadConfig({
    env: {
      HOST: "127.0.0.1",
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: "ws://127.0.0.1:1/v1/realtime",
      TWILIO_ACCOUNT_SID: `AC${"1".repeat(32)}`,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_API_URL: "http://127.0.0.1:1",
      ADMIN_TOKEN,
      WARM_SESSIONS: "0",
      MAX_CALLS: "20",
    },
  });
  const businesses = new BusinessDirectory([{ ...DEFAULT_BUSINESS, numbers: [NUMBER] }]);
  const app = await createApp({
    config,
    clock,
    log: QUIET_LOG,
    businesses,
    records: false,
    lagGate: new LagGate(),
  });
  return {
    answer: async (made: MadeRequest) => {
      const request = toRequest(made);
      if (!request) return;
      const response = await app.handle(request, "127.0.0.1");
      const text = await response.text();
      assert.ok(response.status < 500 || response.status === 503, `${response.status} ${text}`);
    },
    close: async () => await app[Symbol.asyncDispose](),
  };
}

/** A header value of whatever characters HTTP lets through. */
const latin1 = (text: string) => text.replace(/[^\x20-\x7e]/g, "_").slice(0, 8_000);

/** What comes by HTTP. */
export const REQUEST_READERS = {
  "a webhook that Twilio has signed": async () => {
    const { answer, close } = await startApp();
    const signer = new TwilioSigner(AUTH_TOKEN);
    return fuzzed<MadeRequest>({
      make: (random) => ({
        method: "POST",
        path: random.oneIn(3)
          ? encodeURI(mutatedText(random, PATHS).slice(0, 2_000).toWellFormed())
          : random.pick(PATHS),
        headers: [["content-type", "application/x-www-form-urlencoded"]],
        body: mutatedText(random, FORMS),
      }),
      read: async (made) => {
        const signature = await signer.sign(
          PUBLIC_URL + made.path,
          new URLSearchParams(made.body.toWellFormed()),
        );
        await answer({ ...made, headers: [...made.headers, ["x-twilio-signature", signature]] });
      },
      isDeclared: NEVER,
      close,
    });
  },
  "a stranger's or an operator's request": async () => {
    const { answer, close } = await startApp();
    return fuzzed<MadeRequest>({
      make: (random) => ({
        method: random.pick(["GET", "POST", "PUT", "HEAD", "OPTIONS"]),
        path: "/" +
          (random.oneIn(2) ? random.pick(OPERATORS_PATHS) : mutatedText(random, OPERATORS_PATHS)).slice(
            1,
            9_000,
          ),
        headers: [
          ["cookie", latin1(mutatedText(random, COOKIES))],
          [
            "authorization",
            random.oneIn(2) ? `Bearer ${ADMIN_TOKEN}` : latin1(mutatedText(random, ["Bearer abc"])),
          ],
          ["x-forwarded-for", latin1(mutatedText(random, ["10.0.0.1, 2001:db8::1", "[::1]:80"]))],
          [
            "x-twilio-signature",
            random.oneIn(2) ? "A".repeat(27) + "=" : latin1(mutatedText(random, ["AAAA="])),
          ],
          ["upgrade", random.oneIn(2) ? "websocket" : "h2c"],
          [
            "content-type",
            random.oneIn(2) ? "application/json" : latin1(mutatedText(random, ["text/plain"])),
          ],
        ],
        body: random.oneIn(2) ? mutatedText(random, FORMS) : mutatedJson(random, CALLS),
      }),
      read: answer,
      isDeclared: NEVER,
      close,
    });
  },
  "a call to place": async () => {
    const { answer, close } = await startApp();
    return fuzzed<MadeRequest>({
      make: (random) => ({
        method: "POST",
        path: "/calls",
        headers: [["content-type", "application/json"], ["authorization", `Bearer ${ADMIN_TOKEN}`]],
        body: random.oneIn(4)
          ? fc.sample(fc.json({ maxDepth: 6 }), { numRuns: 1, seed: random.int(2 ** 31) })[0]
          : mutatedJson(random, CALLS),
      }),
      read: answer,
      isDeclared: NEVER,
      close,
    });
  },
  "a signature and what it is over": () => {
    const signer = new TwilioSigner(AUTH_TOKEN);
    return fuzzed<{ url: string; form: string; signature: string }>({
      make: (random) => ({
        url: mutatedText(random, URLS).slice(0, 8_000),
        form: mutatedText(random, FORMS).slice(0, 32_000),
        signature: random.oneIn(2) ? "A".repeat(27) + "=" : mutatedText(random, [`${"A".repeat(27)}=`]),
      }),
      read: async ({ url, form, signature }) => {
        const params = new URLSearchParams(form);
        const isOurs = await isSignedByAny(
          [signer],
          signature,
          [...webhookUrls(url), ...streamUrls(url)],
          params,
        );
        assert.ok(!isOurs, "nobody has signed it");
        const genuine = await signer.sign(url, params);
        assert.ok(await isSignedByAny([signer], genuine, [url], params), "what was signed is believed");
      },
      isDeclared: NEVER,
    });
  },
  "a stream's token": async () => {
    const tokens = new StreamTokens(AUTH_TOKEN, () => 0);
    const genuine = await tokens.issue({
      callSid: "CA1",
      accountSid: "AC1",
      businessId: "acme",
      from: NUMBER,
      to: NUMBER,
    });
    return fuzzed<string>({
      make: (random) => mutatedText(random, [genuine]),
      read: async (token) => {
        const opened = await tokens.open(token);
        // Base64 has bits to spare at its end: another text may be the same bytes, and no other token.
        if (typeof opened !== "string") assert.equal(opened.nonce, genuine.slice(0, 16));
      },
      isDeclared: NEVER,
    });
  },
};
