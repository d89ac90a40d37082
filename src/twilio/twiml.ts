/**
 * TwiML documents, built as text. Only the verbs that the product uses.
 * Source: Twilio docs "TwiML Voice"; at most 64 kB a document (error 11750).
 */

/** Where a call's audio is to be streamed, and what the stream's `start` message shall carry. */
export interface StreamTwiml {
  /** `wss` URL without a query string, which `<Stream>` does not support. */
  url: string;
  /** Requested when the stream has ended; answers with what the caller hears next. */
  actionUrl: string;
  /** Each name and value together must stay under 500 characters. */
  parameters: Record<string, string>;
}

/** Twilio's bound on the name and value of one `<Parameter>` together. */
export const MAX_PARAMETER_CHARS = 499;

/** A whole response: `connectStream(…)` and the like joined in order. */
export function response(...verbs: string[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Response>${verbs.join("")}</Response>`;
}

/** Bridges the call to a WebSocket in both directions until either side closes it. */
export function connectStream(stream: StreamTwiml): string {
  const parameters = Object.entries(stream.parameters).map(([name, value]) => {
    if (name.length + value.length > MAX_PARAMETER_CHARS) {
      throw new RangeError(
        `<Parameter> ${name} is ${value.length} characters long; Twilio takes under 500 with its name.`,
      );
    }
    return `<Parameter name="${escape(name)}" value="${escape(value)}"/>`;
  });
  return `<Connect action="${escape(stream.actionUrl)}" method="POST"><Stream url="${escape(stream.url)}">${
    parameters.join("")
  }</Stream></Connect>`;
}

/** Speaks `text` with Twilio's own voice. */
export function say(text: string): string {
  return `<Say>${escape(text)}</Say>`;
}

/** Ends the call. */
export function hangup(): string {
  return `<Hangup/>`;
}

/** Escapes text for an XML attribute or element, and drops the control characters that XML cannot hold. */
export function escape(text: string): string {
  // deno-lint-ignore no-control-regex -- naming them is the point
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll(`"`, "&quot;");
}
