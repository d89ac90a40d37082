/** A request that the emulated REST API got, for tests to look at. */
export interface RestRequest {
  atMs: number;
  method: string;
  path: string;
  form: Record<string, string>;
  /** What it was answered with; undefined while it is held. */
  status?: number;
}

/** What the next requests are met with instead of an answer. */
export type RestFailure =
  /** An HTTP status with Twilio's error body, such as 500, or 429 with code 20429. */
  | { status: number; code?: number; message?: string }
  /** No answer at all, until the client gives up or the API is closed. */
  | "timeout";

/** An error as Twilio words it: JSON with a code of its error dictionary. */
export class RestError extends Error {
  override readonly name = "RestError";
  constructor(readonly status: number, readonly code: number, message: string) {
    super(message);
  }

  response(): Response {
    const { code, message, status } = this;
    const more_info = `https://www.twilio.com/docs/errors/${code}`;
    return Response.json({ code, message, more_info, status }, { status });
  }
}

/** Whether the request has the account's SID and token (HTTP Basic). @throws {RestError} 401, code 20003 */
export function checkAuthorization(request: Request, accountSid: string, authToken: string): void {
  const wanted = `Basic ${btoa(`${accountSid}:${authToken}`)}`;
  if (request.headers.get("authorization") !== wanted) throw new RestError(401, 20003, "Authenticate");
}

/** Larger bodies are refused: `Twiml` has at most 4000 characters. */
const MAX_REST_BODY_BYTES = 64 * 1024;

/** The form of a POST. @throws {RestError} 400 for another content type, 413 for a body that is too large */
export async function readForm(request: Request): Promise<URLSearchParams> {
  if (request.method !== "POST") return new URLSearchParams();
  const type = request.headers.get("content-type") ?? "";
  if (!type.startsWith("application/x-www-form-urlencoded")) {
    throw new RestError(400, 20001, `The content type is ${type || "missing"}, not a form.`);
  }
  const body = await request.text();
  if (body.length > MAX_REST_BODY_BYTES) throw new RestError(413, 20001, "The body is too large.");
  return new URLSearchParams(body);
}
