import type { Config } from "../config/config.ts";
import type { Clock } from "../util/clock.ts";
import { reasonOf } from "../util/errors.ts";
import { bad, doubtful, type Finding, good, unknown } from "./finding.ts";

/** How long each may take to answer. */
const ANSWER_WITHIN_MS = 5_000;
/** `Date` counts whole seconds: half of one on average. */
const DATE_MS = 500;
/** From here on opening hours and records are off by what people notice. */
const NOTICED_MS = 5_000;
/** From here on what is signed with its time is refused, such as record webhooks and requests to S3. */
const REFUSED_MS = 120_000;

const REMEDY =
  "let the machine's clock be set by NTP: timedatectl set-ntp true, or that of the host of a container";

/** Compares this machine's clock with those of Twilio and OpenAI, by the `Date` of their answers. */
export async function* examineClock(
  { twilioApiUrl, realtimeUrl }: Pick<Config, "twilioApiUrl" | "realtimeUrl">,
  clock: Clock,
): AsyncGenerator<Finding> {
  const servers = [
    ["Twilio", twilioApiUrl.split(",")[0]],
    ["OpenAI", realtimeUrl.replace(/^ws/, "http")],
  ] as const;
  const skews = await Promise.all(servers.map(([name, url]) => readSkew(name, url, clock)));
  for (const skew of skews) if (typeof skew.ms !== "number") yield unknown("Clock", skew.problem);
  const known = skews.filter((skew) => skew.ms !== undefined);
  if (known.length === 0) return;
  const worst = known.reduce((one, other) => Math.abs(other.ms) > Math.abs(one.ms) ? other : one);
  const names = known.map(({ name }) => name).join(" and ");
  const size = Math.abs(worst.ms);
  if (size < NOTICED_MS) return yield good("Clock", `as that of ${names}, to some seconds`);
  const seconds = Math.round(size / 1_000);
  const detail = `${seconds} s ${worst.ms > 0 ? "ahead of" : "behind"} that of ${worst.name}`;
  yield size < REFUSED_MS
    ? doubtful("Clock", `${detail}: opening hours and records are off by that`, REMEDY)
    : bad("Clock", `${detail}: what is signed with its time will be refused`, REMEDY);
}

/** By how many milliseconds this clock is ahead of a server's; undefined where that cannot be found out. */
type Skew = { readonly name: string; readonly ms: number } | {
  readonly name: string;
  readonly ms?: undefined;
  readonly problem: string;
};

async function readSkew(name: string, url: string, clock: Clock): Promise<Skew> {
  try {
    const askedMs = clock.epoch();
    // No credentials: whatever it answers has a date.
    const answer = await fetch(new URL("/", url), {
      method: "HEAD",
      redirect: "manual",
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    const answeredMs = clock.epoch();
    await answer.body?.cancel();
    const dateMs = Date.parse(answer.headers.get("date") ?? "");
    if (Number.isNaN(dateMs)) return { name, problem: `not compared: ${name} does not say what time it is` };
    return { name, ms: (askedMs + answeredMs) / 2 - (dateMs + DATE_MS) };
  } catch (error) {
    return { name, problem: `not compared: ${name} was not reached: ${reasonOf(error)}` };
  }
}
