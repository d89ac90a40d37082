import type { GuardedDocument, GuardedRequests } from "../../egress/guarded_requests.ts";
import {
  RecordingError,
  type RecordingPlace,
  type RecordingSource,
} from "../../records/recordings/recording_source.ts";
import { MAX_RECORDING_BYTES } from "../../records/recordings/recording_store.ts";
import { AppError, messageOf } from "../../util/errors.ts";
import type { AuthTokens } from "./auth_tokens.ts";
import type { TwilioRest } from "./twilio_rest.ts";

/** Redirects that are followed, such as to the storage that holds the file. */
const MAX_REDIRECTS = 3;
/** Length of a WAV file's head up to its first chunk, which says how long the rest is. */
const RIFF_HEAD_BYTES = 12;
/** A length that says nothing: the file was written as a stream. */
const UNKNOWN_LENGTH = 0xffff_ffff;

/** What {@link TwilioRecordings} ask with. */
export interface TwilioRecordingsOptions {
  /** Origins of Twilio's API, separated by commas: `TWILIO_API_URL`. The URL of a webhook is never asked. */
  readonly apiUrl: string;
  readonly authTokens: AuthTokens;
  /** May reach these origins, and whatever is public. */
  readonly requests: Pick<GuardedRequests, "get">;
  readonly rest: Pick<TwilioRest, "deleteRecording">;
}

/**
 * Recordings at Twilio, with the credentials of the account that they belong to.
 * Source: https://www.twilio.com/docs/voice/api/recording#fetch-a-recording-media-file
 */
export class TwilioRecordings implements RecordingSource {
  readonly #options: TwilioRecordingsOptions;
  readonly #origins: readonly string[];

  constructor(options: TwilioRecordingsOptions) {
    this.#options = options;
    this.#origins = options.apiUrl.split(",");
  }

  async fetch(
    { accountSid, sid }: RecordingPlace,
    signal: AbortSignal,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const path = `/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Recordings/${
      encodeURIComponent(sid)
    }.wav`;
    const { authTokens } = this.#options;
    const tokens = authTokens.of(accountSid);
    let answer: GuardedDocument | undefined;
    for (const [index, token] of tokens.entries()) {
      const authorization = `Basic ${btoa(`${accountSid}:${token.text}`)}`;
      answer = await this.#get(this.#origins[0] + path, authorization, signal);
      if (answer.status === 401) continue; // the next one, as in the middle of a rotation
      if (index > 0) authTokens.prefer(accountSid, token);
      break;
    }
    if (!answer) throw new RecordingError("recording_refused", "There is no auth token of the account.");
    return checked(answer);
  }

  remove({ accountSid, sid }: RecordingPlace, signal: AbortSignal): Promise<void> {
    return this.#options.rest.deleteRecording(accountSid, sid, signal);
  }

  /** The answer behind all redirects. Only Twilio's API is told who asks. */
  async #get(url: string, authorization: string, signal: AbortSignal): Promise<GuardedDocument> {
    let at = url;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const isApi = this.#origins.includes(new URL(at).origin);
      let answer: GuardedDocument;
      try {
        answer = await this.#options.requests.get({
          url: at,
          headers: { accept: "audio/wav", ...isApi && { authorization } },
          signal,
          maxBytes: MAX_RECORDING_BYTES,
        });
      } catch (cause) {
        const why = cause instanceof AppError ? cause.message : `Twilio was not reached: ${messageOf(cause)}`;
        throw new RecordingError("recording_failed", why, cause);
      }
      const { location } = answer.headers;
      if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
      const next = URL.parse(location, at);
      if (!next) throw new RecordingError("recording_failed", "Twilio redirects to what is no URL.");
      at = next.href;
    }
    throw new RecordingError("recording_failed", `Twilio redirects more than ${MAX_REDIRECTS} times.`);
  }
}

/** The WAV file that an answer holds. */
function checked({ status, bytes, isCut }: GuardedDocument): Uint8Array<ArrayBuffer> {
  if (status === 404 || status === 410) {
    throw new RecordingError("recording_not_there", `Twilio answered ${status}: it has no such recording.`);
  }
  if (status === 401 || status === 403) {
    throw new RecordingError("recording_refused", `Twilio answered ${status} to the account's token.`);
  }
  if (status !== 200) throw new RecordingError("recording_failed", `Twilio answered ${status}.`);
  if (isCut) {
    throw new RecordingError(
      "recording_too_large",
      `The recording has more than ${MAX_RECORDING_BYTES} bytes.`,
    );
  }
  const text = (from: number) => String.fromCharCode(...bytes.subarray(from, from + 4));
  if (bytes.length < RIFF_HEAD_BYTES || text(0) !== "RIFF" || text(8) !== "WAVE") {
    throw new RecordingError("recording_failed", "What came is no WAV file.");
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  if (length !== UNKNOWN_LENGTH && length + 8 > bytes.length) {
    throw new RecordingError("recording_failed", `Of ${length + 8} bytes ${bytes.length} came.`);
  }
  return bytes;
}
