import { escapeLines } from "../observability/text_line.ts";
import { addressProof } from "../cluster/address_proof.ts";
import { configProblemLine, type LoadOptions, readFields } from "../config/config.ts";
import { sameSecret } from "../http/operators.ts";
import { reasonOf } from "../util/errors.ts";
import { ownAddress } from "../util/loopback.ts";
import { readBounded } from "../util/read_body.ts";
import { findAdminToken } from "./admin_token.ts";
import { EXIT, wrongUsage } from "./arguments.ts";

/** Longer than the server takes at worst: two attempts at Twilio of 5 s each, and the pause between them. */
const TIMEOUT_MS = 15_000;
/** Longest answer read. */
const MAX_ANSWER_BYTES = 4 * 2 ** 20;

/** A running server, and what lets its operators in. */
export interface RunningServer {
  /** Without a slash at its end. */
  readonly url: string;
  readonly adminToken: string | undefined;
}

/**
 * The server that `--server` names, else the one at this machine's `HOST` and `PORT`; or the exit code, when
 * what is given is wrong, which has been said then.
 */
export async function findServer(
  command: string,
  server: string | undefined,
  env: LoadOptions["env"],
): Promise<RunningServer | number> {
  if (server !== undefined && !/^https?:$/.test(URL.parse(server)?.protocol ?? "")) {
    return wrongUsage(command, `--server is ${server}; it must be a URL such as http://127.0.0.1:8080.`);
  }
  const { raw, problems } = readFields(env);
  const needed = ["ADMIN_TOKEN", "DATA_DIR", ...server === undefined ? ["HOST", "PORT"] : []];
  const wrong = problems.filter(({ env }) => needed.includes(env));
  for (const problem of wrong) console.error(configProblemLine(problem));
  if (wrong.length > 0) return EXIT.usage;
  const { host = "", port = 0 } = raw;
  const url = (server ?? ownAddress(host, port)).replace(/\/+$/, "");
  return { url, adminToken: await findAdminToken(raw, url) };
}

/**
 * Asks a running server for something as an operator. Resolves with the body's JSON; or, when it is refused,
 * with the exit code, after saying why. What another instance of the server's fleet is to be asked is asked
 * there, once, with the same token, if who named it has that token too.
 *
 * @param request.body sent by POST; undefined: nothing is, by GET
 * @param request.isSecond another instance has named this one. Default false
 * @param failed what has not come about, for what is said, such as "The call was not placed"
 */
export async function operatorRequest(
  { url, adminToken }: RunningServer,
  { path, body, isSecond = false }: { path: string; body?: unknown; isSecond?: boolean },
  failed: string,
): Promise<unknown> {
  try {
    const response = await fetch(url + path, {
      method: body === undefined ? "GET" : "POST",
      headers: {
        ...body !== undefined && { "content-type": "application/json" },
        ...adminToken !== undefined && { authorization: `Bearer ${adminToken}` },
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readBounded(response.body, MAX_ANSWER_BYTES) ?? "";
    if (response.ok) return JSON.parse(text);
    const instance = isSecond ? undefined : await otherInstance(text, adminToken);
    if (instance !== undefined) {
      return await operatorRequest({ url: instance, adminToken }, { path, body, isSecond: true }, failed);
    }
    console.error(escapeLines(`${failed} (HTTP ${response.status}):\n${readProblems(text).join("\n")}`));
    return response.status === 400 ? EXIT.usage : EXIT.failed;
  } catch (error) {
    console.error(`${failed} by ${url}${path}: ${reasonOf(error)}`);
    return EXIT.failed;
  }
}

/**
 * Where the instance is reached that has the call; undefined for other refusals, and where nobody says, or
 * nobody who has the token: it is sent there.
 */
async function otherInstance(body: string, adminToken: string | undefined): Promise<string | undefined> {
  try {
    const { code, instance, proof } = JSON.parse(body);
    const isAddress = code === "call_elsewhere" && typeof instance === "string" &&
      /^https?:$/.test(URL.parse(instance)?.protocol ?? "");
    if (!isAddress || adminToken === undefined) return undefined;
    const isProven = await sameSecret(String(proof), await addressProof(adminToken, instance));
    return isProven ? instance.replace(/\/+$/, "") : undefined;
  } catch {
    return undefined; // not JSON of ours
  }
}

/** The server's problems, one a line; or the text of whatever else answered. */
function readProblems(body: string): string[] {
  try {
    const { problems } = JSON.parse(body);
    if (Array.isArray(problems)) return problems.map((problem) => `  ${problem}`);
  } catch {
    // not JSON of ours
  }
  return [`  ${body.trim()}`];
}
