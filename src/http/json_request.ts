import * as v from "valibot";
import type { Clock } from "../util/clock.ts";
import { readBody } from "./request_body.ts";
import { jsonResponse } from "./router.ts";

/** What a request's JSON must be. */
export interface JsonRequestRules<Schema extends v.GenericSchema> {
  readonly schema: Schema;
  /** Longest body, in bytes. */
  readonly maxBytes: number;
  readonly clock: Clock;
}

/**
 * Reads the JSON of a request, or returns the answer that refuses it: `problems` with everything that is
 * wrong, each as a sentence, and the `code` `request_invalid`. 400 for what does not fit `schema`, 408, 413
 * and 415 for a body that is too slow, too large or not JSON.
 */
export async function readJsonRequest<Schema extends v.GenericSchema>(
  request: Request,
  { schema, maxBytes, clock }: JsonRequestRules<Schema>,
): Promise<v.InferOutput<Schema> | Response> {
  // A web page can send a form or plain text to a loopback address unasked, but not JSON.
  if (!/^application\/json\b/i.test(request.headers.get("content-type") ?? "")) {
    return problemResponse(415, "request_invalid", "The content type must be application/json.");
  }
  const body = await readBody(request, maxBytes, clock);
  if (body instanceof Response) {
    return problemResponse(body.status, "request_invalid", (await body.text()).trim());
  }
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return problemResponse(400, "request_invalid", "The body must be JSON.");
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  return problemResponse(400, "request_invalid", ...result.issues.map(describeIssue));
}

/** An answer that refuses a request: `problems`, each a sentence, and a stable `code`. */
export function problemResponse(status: number, code: string, ...problems: string[]): Response {
  return jsonResponse(status, { problems, code });
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  if (field === null) return `The body ${issue.message}.`;
  if (issue.type !== "strict_object") return `${field} ${issue.message}.`;
  return issue.expected === "never" ? `${field} is not known here.` : `${field} is missing.`;
}
