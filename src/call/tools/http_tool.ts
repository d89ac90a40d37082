import type { HttpToolSettings } from "../../businesses/business.ts";
import {
  type GuardedAnswer,
  type GuardedPost,
  type GuardedRequests,
  mergedHeaders,
} from "../../egress/guarded_requests.ts";
import type { Clock } from "../../util/clock.ts";
import { shorten } from "../../util/cut_text.ts";
import { AppError } from "../../util/errors.ts";
import { requestSignature } from "../../util/request_signature.ts";
import type { Tool, ToolContext } from "./tool.ts";

/** How much of a refusal's body the model gets, in characters. */
const REFUSAL_CHARS = 300;

/**
 * A tool that is an HTTP endpoint of the business. Sends `POST` with the JSON body `{"arguments": {…},
 * "call": {"sid", "business", "from", "to"}}`; the model gets the answer's JSON or text. Signed as
 * `requestSignature` says when there is a secret. A redirect is an error: it would send the signed request
 * and its headers to a place that nobody configured.
 *
 * @param requests the only way out: a business file may name any URL
 */
export function httpTool(settings: HttpToolSettings, clock: Clock, requests: GuardedRequests): Tool {
  const { name, description, parameters, url, timeoutMs, signingSecret } = settings;
  return {
    name,
    description,
    parameters,
    timeoutMs,
    async run(args, context) {
      const body = requestBody(args, context);
      const headers = mergedHeaders(
        { accept: "application/json, text/plain;q=0.9, */*;q=0.1" },
        settings.headers,
        { "content-type": "application/json" },
        await requestSignature(signingSecret, body, clock.epoch()),
      );
      const post = { url, headers, body, signal: context.signal, maxBytes: MAX_ANSWER_BYTES };
      return { output: await answerTo(requests, post), wantsResponse: true };
    },
  };
}

function requestBody(args: Record<string, unknown>, { callSid, businessId, from, to }: ToolContext): string {
  return JSON.stringify({ arguments: args, call: { sid: callSid, business: businessId, from, to } });
}

/** @throws {AppError} `tool_http_unreachable` or `tool_http_status` */
async function answerTo(requests: GuardedRequests, post: GuardedPost): Promise<unknown> {
  let answer: GuardedAnswer;
  try {
    answer = await requests.post(post);
  } catch (cause) {
    throw new AppError("tool_http_unreachable", "The service behind this tool could not be reached.", {
      cause,
    });
  }
  if (answer.status >= 200 && answer.status <= 299) return answerOutput(answer);
  const words = shorten(answer.text.trim(), REFUSAL_CHARS);
  throw new AppError(
    "tool_http_status",
    `The service behind this tool answered with status ${answer.status}${words ? `: ${words}` : "."}`,
  );
}

/** Most bytes read of an answer. The connection is dropped there. */
export const MAX_ANSWER_BYTES = 64 * 1024;

/**
 * What the model gets of an answer: the JSON value where it is one, else the text, with a note where it was
 * cut.
 */
function answerOutput({ text, isCut }: GuardedAnswer): unknown {
  if (isCut) return { text, note: `Only the first ${MAX_ANSWER_BYTES} bytes of the answer were read.` };
  try {
    return JSON.parse(text);
  } catch {
    return text; // plain text is as good
  }
}
