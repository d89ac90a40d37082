import { encodeWav, LINE_RATE_HZ } from "../../audio/wav.ts";

/** Recordings that are remembered; the oldest goes beyond it. */
const MAX_REMEMBERED = 1_000;
const TONE_HZ = 440;
/** Where a redirect leads, as to the storage of an account's own. */
export const STORAGE_PATH = "/storage/";

/** What a request for a recording is met with. */
export type RecordingFailure =
  /** An HTTP status with Twilio's error body: 404 for one that is not there yet. */
  | number
  /** The file is at another host, below {@link STORAGE_PATH}, which takes no credentials. */
  | "redirect"
  /** The connection breaks in the middle of the file. */
  | "truncated"
  /** Half of the file, with a length that fits. */
  | "half"
  /** A page in place of a file. */
  | "page";

/** The recordings of an emulated account: WAV files, until they are deleted. */
export class EmulatedRecordings {
  /** By id. */
  readonly files = new Map<string, Uint8Array<ArrayBuffer>>();
  readonly #failures: RecordingFailure[] = [];

  /** Keeps what a caller has said. */
  add(sid: string, samples: Int16Array): void {
    this.files.set(sid, encodeWav(samples));
    if (this.files.size <= MAX_REMEMBERED) return;
    const [oldest] = this.files.keys();
    this.files.delete(oldest);
  }

  /** Fails the next requests for files, one for each. */
  failNext(...failures: RecordingFailure[]): void {
    this.#failures.push(...failures);
  }

  /** The answer to `GET …/Recordings/SID.wav`; a number stands for an error of that status. */
  fetch(sid: string, { port }: URL): Response | number {
    const failure = this.#failures.shift();
    if (typeof failure === "number") return failure;
    const file = this.files.get(sid);
    if (!file) return 404;
    if (failure === "redirect") {
      return new Response(null, {
        status: 302,
        headers: { location: `http://localhost:${port}${STORAGE_PATH}${sid}.wav` },
      });
    }
    if (failure === "page") {
      return new Response("<h1>Please wait</h1>", { headers: { "content-type": "text/html" } });
    }
    if (failure === "half") return audio(file.subarray(0, file.length >> 1));
    if (failure === "truncated") return broken(file);
    return audio(file);
  }

  /** The answer of the storage that redirects lead to. */
  stored(request: Request): Response {
    const sid = new URL(request.url).pathname.slice(STORAGE_PATH.length).replace(/\.wav$/, "");
    const file = this.files.get(sid);
    if (request.headers.has("authorization")) {
      return new Response("Only one auth mechanism is allowed.", { status: 400 });
    }
    return file ? audio(file) : new Response("No such key.", { status: 404 });
  }

  /** `DELETE …/Recordings/SID.json`: whether there was one. */
  remove(sid: string): boolean {
    return this.files.delete(sid);
  }
}

/**
 * Keeps what a caller has left after the beep.
 *
 * @param samples default a second of a tone
 * @returns what Twilio tells of the recording
 */
export function leaveRecording(
  recordings: EmulatedRecordings | undefined,
  accountSid: string,
  samples: Int16Array = secondOfTone(),
): Record<"RecordingSid" | "RecordingUrl" | "RecordingDuration", string> {
  const RecordingSid = `RE${crypto.randomUUID().replaceAll("-", "")}`;
  recordings?.add(RecordingSid, samples);
  const RecordingUrl = `https://api.twilio.com/2010-04-01/Accounts/${accountSid}/Recordings/${RecordingSid}`;
  const seconds = Math.max(1, Math.round(samples.length / LINE_RATE_HZ));
  return { RecordingSid, RecordingUrl, RecordingDuration: String(seconds) };
}

function secondOfTone(): Int16Array {
  const turn = 2 * Math.PI * TONE_HZ / LINE_RATE_HZ;
  return Int16Array.from({ length: LINE_RATE_HZ }, (_, at) => 8_192 * Math.sin(turn * at));
}

function audio(file: Uint8Array<ArrayBuffer>): Response {
  return new Response(file, { headers: { "content-type": "audio/x-wav" } });
}

/** Ends too early, for its own length: the server drops the connection. */
function broken(file: Uint8Array<ArrayBuffer>): Response {
  const begun = ReadableStream.from([file.subarray(0, file.length >> 1)]);
  const headers = { "content-type": "audio/x-wav", "content-length": String(file.length) };
  return new Response(begun, { headers });
}
