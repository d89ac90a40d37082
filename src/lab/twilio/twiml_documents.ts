import { AppError, messageOf } from "../../util/errors.ts";
import type { Problem } from "./media_leg.ts";
import { type Link, parseTwiml, TwimlError, type Verb } from "./parse_twiml.ts";
import { type ServerAnswer, WebhookError, type Webhooks } from "./webhooks.ts";

/** Where TwiML comes from: a request to the server, or a text given to the REST API. */
export type TwimlSource = { twiml: string } | { link: Link };

/** TwiML to walk. */
export interface TwimlDocument {
  verbs: Verb[];
  /** What its relative URLs are relative to. */
  url: string;
}

/** Fetches the documents of one call, and the fallback once when one fails. */
export class Documents {
  readonly #webhooks: Webhooks;
  readonly #onProblem: (problem: Problem) => void;
  #fallback: Link | undefined;
  /** How long the first request took, in milliseconds. */
  firstTookMs: number | undefined;

  constructor(webhooks: Webhooks, fallback: Link | undefined, onProblem: (problem: Problem) => void) {
    this.#webhooks = webhooks;
    this.#fallback = fallback;
    this.#onProblem = onProblem;
  }

  /** The TwiML of `source`, or the fallback's where that fails; undefined when there is none to walk. */
  async load(
    source: TwimlSource,
    base: string,
    form: Record<string, string>,
  ): Promise<TwimlDocument | undefined> {
    try {
      if ("twiml" in source) return { verbs: parseTwiml(source.twiml), url: base };
      const answer = await this.#webhooks.request(source.link, base, form);
      this.firstTookMs ??= answer.tookMs;
      return { verbs: parseTwiml(checked(answer).body), url: answer.url };
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const code = error instanceof WebhookError || error instanceof TwimlError ? error.twilioCode : 12100;
      this.#onProblem({ code, message: messageOf(error) });
      const fallback = this.#fallback;
      if (!fallback) return undefined;
      this.#fallback = undefined; // one fallback a call: if that fails too, the call is over
      const errorUrl = "link" in source ? source.link.url : "";
      return await this.load({ link: fallback }, base, {
        ...form,
        ErrorCode: String(code),
        ErrorUrl: errorUrl,
      });
    }
  }
}

/** Whether Twilio would take the answer for TwiML. @throws {WebhookError} */
function checked(answer: ServerAnswer): ServerAnswer {
  if (answer.status !== 200) throw new WebhookError(11200, `${answer.url} answered ${answer.status}.`);
  if (!/^(text|application)\/xml\b/i.test(answer.contentType)) {
    throw new WebhookError(12300, `${answer.url} answered with ${answer.contentType || "no content type"}.`);
  }
  return answer;
}
