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

/** What there is nothing of. */
export function notFound(path: string): RestError {
  return new RestError(404, 20404, `The requested resource ${path} was not found`);
}
