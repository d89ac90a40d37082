/** A body's rest of so many bytes is worth reading, since the connection can go on after it. */
const MAX_REST_BYTES = 65_536;

/**
 * `response`, sent so that what is left of a body that nobody reads costs nothing: the connection ends with
 * the answer. The runtime would go on to take a long body apart, piece by piece, in order to throw it away,
 * and has no call for closing a connection. But it breaks one off whose answer is shorter than it has
 * announced: so this announces a byte more than there is, which costs nobody a word of it.
 */
export async function withoutRest(request: Request, response: Response): Promise<Response> {
  // `response.body` is not looked at before: that alone makes a stream of a text, which the runtime else
  // sends in one go, and under an attack cost 50 MB more and made other requests wait for seconds.
  if (!isLeft(request, response)) return response;
  const bytes = new Uint8Array(await response.arrayBuffer());
  const headers = new Headers(response.headers);
  headers.set("connection", "close");
  headers.set("content-length", `${bytes.length + 1}`);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return new Response(body, { status: response.status, headers });
}

/**
 * Whether a long body, or one of unknown length, goes on that nobody reads. Not one that was waited for in
 * vain: the runtime closes that connection with an answer, and not when it has broken it off.
 */
function isLeft({ headers, bodyUsed }: Request, response: Response): boolean {
  const length = headers.get("content-length");
  const isLong = length === null
    ? headers.has("transfer-encoding") && response.status >= 400
    : Number(length) > MAX_REST_BYTES;
  if (!isLong || response.headers.get("content-type")?.startsWith("text/event-stream")) return false;
  return !bodyUsed || response.status === 413;
}
