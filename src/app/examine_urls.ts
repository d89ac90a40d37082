import type { Business } from "../businesses/business.ts";
import type { Config } from "../config/config.ts";
import { GuardedRequests } from "../egress/guarded_requests.ts";
import { AppError, reasonOf } from "../util/errors.ts";
import { shownUrl } from "../util/shown_url.ts";
import { bad, doubtful, type Finding, good, someOf, unknown } from "./finding.ts";

/** URLs that are asked; the rest are counted. */
const MAX_ASKED_URLS = 100;
/** Asked at the same time. */
const ASKED_AT_ONCE = 8;
/** How long each may take to answer. */
const ANSWER_WITHIN_MS = 5_000;

/**
 * Asks the URLs that businesses name whether a server is there: by HEAD, which changes nothing, and in the
 * way that calls take (`egress`). What it answers says nothing of a tool that waits for a POST: any answer
 * but a failure of its own will do.
 */
export async function* examineUrls(
  { privateHosts }: Pick<Config, "privateHosts">,
  businesses: readonly Business[],
): AsyncGenerator<Finding> {
  const uses = usesByUrl(businesses);
  const waiting = [...uses].slice(0, MAX_ASKED_URLS);
  const requests = new GuardedRequests({ privateHosts });
  const found = new Map<string, Finding>();
  const askOnes = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [url, usedFor] = next;
      found.set(url, await askUrl(requests, url, usedFor));
    }
  };
  await Promise.all(Array.from({ length: ASKED_AT_ONCE }, askOnes));
  for (const url of uses.keys()) {
    const finding = found.get(url);
    if (finding) yield finding;
  }
  const unasked = uses.size - found.size;
  if (unasked > 0) yield unknown("Tools", `${unasked} more URLs of businesses were not asked`);
}

/** What each URL is used for, such as `the tool find of acme`. */
function usesByUrl(businesses: readonly Business[]): Map<string, string[]> {
  const uses = new Map<string, string[]>();
  const use = (url: string | undefined, what: string) => {
    if (url !== undefined) uses.set(url, [...uses.get(url) ?? [], what]);
  };
  for (const { id, tools, lookup, records } of businesses) {
    for (const { name, url } of tools.http) use(url, `the tool ${name} of ${id}`);
    use(lookup?.url, `the lookup of ${id}`);
    use(records.webhook?.url, `the record webhook of ${id}`);
  }
  return uses;
}

async function askUrl(requests: GuardedRequests, url: string, uses: readonly string[]): Promise<Finding> {
  const { origin } = new URL(url); // a path may hold a secret
  const who = `${someOf(uses)}, at ${shownUrl(origin)}`;
  try {
    const { status } = await requests.head({
      url,
      headers: {},
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (status >= 500 && status !== 501) return doubtful("Tools", `${who}, answers ${status} to HEAD`);
    return good("Tools", `a server answers for ${who}`);
  } catch (error) {
    const isRefused = error instanceof AppError && error.code === "url_refused";
    return bad(
      "Tools",
      `${who}, is not reached: ${reasonOf(error)}`,
      isRefused ? undefined : "see that the URL is right and that this machine reaches it",
    );
  }
}
