import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { SystemClock } from "../../src/util/system_clock.ts";

/** Headers that Twilio's requests, and a proxy before the server, bring along. */
const HEADERS = /^(host|user-agent|content-type|x-)/;

/** A request in the form that `tests/fixtures/twilio_middleware.json` has. */
export interface SampleRequest {
  method: string;
  /** Path and query. */
  target: string;
  headers: Record<string, string>;
  form: Record<string, string>;
}

/** What of a request is compared. */
export function sampleRequest(
  method: string,
  target: string,
  headers: Record<string, string>,
  form: Record<string, string> | undefined,
): SampleRequest {
  const told = Object.entries(headers).filter(([name]) => HEADERS.test(name)).sort();
  return { method, target, headers: Object.fromEntries(told), form: { ...form } };
}

/** Places a call whose requests are the same each time: a POST, a redirect to a GET, and a status callback. */
export async function placeSampleCall(server: string, authToken: string): Promise<void> {
  const clock = new SystemClock();
  clock.epoch = () => Date.UTC(2026, 10, 30, 8, 30);
  await new SimulatedCaller({
    line: {
      clock,
      server,
      publicUrl: "https://phone.example.test",
      accountSid: `AC${"0".repeat(32)}`,
      authToken,
    },
    callSid: `CA${"1".repeat(32)}`,
    from: "+442071838750",
    answer: { link: { url: "/moved", method: "POST" } },
    statusCallback: { url: "/status?of=call", method: "POST" },
  }).place();
}
