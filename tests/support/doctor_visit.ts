import { doctor } from "../../src/cli/doctor.ts";
import {
  EmulatedRealtimeApi,
  type EmulatedRealtimeApiOptions,
} from "../../src/lab/openai/emulated_realtime_api.ts";
import type { EmulatedNumber } from "../../src/lab/twilio/emulated_numbers.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { AuthTokens } from "../../src/carrier/twilio/auth_tokens.ts";
import { streamCheck } from "../../src/carrier/twilio/stream_check.ts";
import type { Handler } from "../../src/http/router.ts";
import { RecordingLog } from "./recording_log.ts";
import { SystemClock } from "../../src/util/system_clock.ts";

export const ACCOUNT_SID = "AC" + "1".repeat(32);

export const AUTH_TOKEN = "a test's auth token";

export const NUMBER = "+15550100000";

export const BUSINESS = { name: "Acme", numbers: [NUMBER], instructions: "Answer." };

export interface Patient {
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
export async function visit(
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

export const withTool = (url: string, more: Record<string, unknown> = {}) => ({
  ...BUSINESS,
  tools: { http: [{ name: "find", description: "Finds.", url }] },
  ...more,
});

/** A server of the user's own; notes what it is asked. */
export function toolServer(answer: () => Response = () => new Response("", { status: 405 })) {
  const asked: string[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(`${request.method} ${new URL(request.url).pathname}`);
    return answer();
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return { asked, host, url: `http://${host}`, [Symbol.asyncDispose]: () => server.shutdown() };
}
