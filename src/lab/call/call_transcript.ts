import { reasonOf } from "../../util/errors.ts";
import { type Clock, sleep } from "../../util/clock.ts";
import { isObject } from "../../util/is_object.ts";
import { readBeginning } from "../../util/read_body.ts";

/** A record is written within some seconds of the call's end. */
const WITHIN_MS = 6_000;
const ASK_AGAIN_MS = 250;
const MAX_RECORD_BYTES = 4 * 2 ** 20;

/** The talk of a call as the server's record has it, or why it cannot be had. */
export type ServerTranscript = { lines: string[] } | { missing: string };

/** Fetches the record of a call that is over, and words its transcript. Does not reject. */
export async function readTranscript(
  server: string,
  adminToken: string | undefined,
  callSid: string,
  clock: Clock,
): Promise<ServerTranscript> {
  if (adminToken === undefined) return { missing: "--admin-token lets it be read from the server's record" };
  const endMs = clock.now() + WITHIN_MS;
  for (;;) {
    const answer = await ask(`${server}/records?call=${callSid}`, adminToken);
    if (!("again" in answer)) return answer;
    if (clock.now() >= endMs) return { missing: answer.again };
    await sleep(clock, ASK_AGAIN_MS);
  }
}

async function ask(url: string, adminToken: string): Promise<ServerTranscript | { again: string }> {
  try {
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${adminToken}` },
      signal: AbortSignal.timeout(WITHIN_MS),
    });
    const { text } = await readBeginning(response.body, MAX_RECORD_BYTES);
    if (response.status === 404) return { again: "the server has no record of the call" };
    if (response.status !== 200) return { missing: `GET /records answered ${response.status}` };
    const record: unknown = JSON.parse(text);
    const entries = isObject(record) && Array.isArray(record.transcript) ? record.transcript : [];
    return { lines: entries.filter(isObject).map(wordEntry) };
  } catch (error) {
    return { missing: reasonOf(error) };
  }
}

/** Whose words they are, in the telephone's terms. */
const SPEAKERS: Readonly<Record<string, string>> = { user: "caller", assistant: "agent" };

function wordEntry(entry: Record<string, unknown>): string {
  const kind = String(entry.kind);
  const seconds = (Number(entry.atMs) / 1000).toFixed(1).padStart(6);
  return `${seconds} s  ${(SPEAKERS[kind] ?? kind).padEnd(12)}  ${detailOf(kind, entry)}`.trimEnd();
}

function detailOf(kind: string, entry: Record<string, unknown>): string {
  switch (kind) {
    case "tool":
      return `${entry.name}(${entry.arguments}) ${entry.outcome} in ${entry.durationMs} ms: ${entry.output}`;
    case "keys":
      return String(entry.digits);
    case "interruption":
      return `${entry.heardMs} ms of the answer were heard`;
    default:
      return `${entry.text ?? ""}${entry.cut === true ? " …" : ""}`;
  }
}
