/** How an {@link EmulatedTranscriptionApi} listens and answers. */
export interface EmulatedTranscriptionApiOptions {
  /** Default 0: any free port of 127.0.0.1. */
  port?: number;
  /** The key that is accepted; default any that is not empty. */
  apiKey?: string;
  /** The words of a file; default that it is a message. */
  transcribe?: (wav: Uint8Array<ArrayBuffer>) => string;
}

/** What a request asked for. */
export interface TranscriptionRequest {
  /** The model. */
  readonly model: string;
  /** What may be spoken. */
  readonly languages: readonly string[];
  /** Words to expect. */
  readonly keywords: readonly string[];
  /** Length of the file. */
  readonly bytes: number;
}

/** Requests kept; the oldest is dropped beyond it. */
const MAX_REQUESTS = 1_000;
/** Largest file, in bytes. Source: https://developers.openai.com/api/docs/guides/speech-to-text */
const MAX_FILE_BYTES = 25 * 2 ** 20;
const MODELS: readonly string[] = [
  "gpt-transcribe",
  "gpt-4o-transcribe",
  "gpt-4o-mini-transcribe",
  "gpt-4o-mini-transcribe-2025-12-15",
  "gpt-4o-transcribe-diarize",
  "whisper-1",
];
const FIELDS: readonly string[] = [
  "file",
  "model",
  "languages[]",
  "keywords[]",
  "language",
  "prompt",
  "response_format",
  "temperature",
  "stream",
  "chunking_strategy",
];
const FILE_NAME = /\.(?:flac|mp3|mp4|mpeg|mpga|m4a|ogg|wav|webm)$/;

/**
 * OpenAI's `POST /v1/audio/transcriptions` on loopback: takes what the API takes, refuses what it refuses,
 * and answers with words of the test's choice.
 */
export class EmulatedTranscriptionApi implements AsyncDisposable {
  /** What to set `OPENAI_BASE_URL` to. */
  readonly url: string;
  /** What was asked for, whatever came of it. */
  readonly requests: TranscriptionRequest[] = [];
  readonly #options: EmulatedTranscriptionApiOptions;
  readonly #failures: number[] = [];
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  /** Listens at once. */
  constructor(options: EmulatedTranscriptionApiOptions = {}) {
    this.#options = options;
    const { port = 0 } = options;
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port, onListen: () => {} },
      (request) => this.#handle(request),
    );
    this.url = `http://127.0.0.1:${this.#server.addr.port}/v1`;
  }

  /** Answers the next requests with these statuses. */
  failNext(...statuses: number[]): void {
    this.#failures.push(...statuses);
  }

  /** Stops to listen. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }

  async #handle(request: Request): Promise<Response> {
    const { apiKey, transcribe = () => "This is a message." } = this.#options;
    const key = /^Bearer (.+)$/.exec(request.headers.get("authorization") ?? "")?.[1];
    const type = request.headers.get("content-type") ?? "";
    const { pathname } = new URL(request.url);
    if (pathname !== "/v1/audio/transcriptions" || request.method !== "POST") {
      await request.body?.cancel();
      return refusal(404, `Invalid URL (${request.method} ${pathname})`);
    }
    const form = /^multipart\/form-data\b/i.test(type)
      ? await request.formData().catch(() => undefined)
      : undefined;
    if (!form) await request.body?.cancel().catch(() => {}); // it may have been read in part
    if (key === undefined || (apiKey !== undefined && key !== apiKey)) {
      return refusal(401, "Incorrect API key provided.", "invalid_api_key");
    }
    if (!form) return refusal(400, `Unsupported content type: '${type}'. Use multipart/form-data.`);
    const file = form.get("file");
    const bytes = file instanceof File ? new Uint8Array(await file.arrayBuffer()) : new Uint8Array();
    const texts = (name: string) => form.getAll(name).map(String);
    const asked = {
      model: texts("model")[0] ?? "",
      languages: texts("languages[]"),
      keywords: texts("keywords[]"),
      bytes: bytes.length,
    };
    this.requests.push(asked);
    if (this.requests.length > MAX_REQUESTS) this.requests.shift();
    const failure = this.#failures.shift();
    if (failure !== undefined) return refusal(failure, "Scripted failure");
    return problemOf(form, asked, file, bytes) ?? Response.json({
      text: transcribe(bytes),
      usage: { type: "duration", seconds: Math.ceil(bytes.length / 16_000) },
    });
  }
}

/** What the API would refuse; undefined where it would not. */
function problemOf(
  form: FormData,
  { model, languages, keywords }: TranscriptionRequest,
  file: FormDataEntryValue | null,
  bytes: Uint8Array,
): Response | undefined {
  const unknown = [...form.keys()].find((name) => !FIELDS.includes(name));
  if (unknown !== undefined) return refusal(400, `Unknown parameter: '${unknown}'.`, "unknown_parameter");
  if (!MODELS.includes(model)) return refusal(404, `The model '${model}' does not exist.`, "model_not_found");
  if (!(file instanceof File)) return refusal(400, "Missing required parameter: 'file'.");
  if (!FILE_NAME.test(file.name)) return refusal(400, "Unrecognized file format.");
  if (bytes.length > MAX_FILE_BYTES) return refusal(413, "Maximum content size limit exceeded.");
  const tag = (at: number) => String.fromCharCode(...bytes.subarray(at, at + 4));
  if (file.name.endsWith(".wav") && (tag(0) !== "RIFF" || tag(8) !== "WAVE")) {
    return refusal(400, "Audio file might be corrupted or unsupported.", "invalid_value");
  }
  const isNew = model === "gpt-transcribe";
  if (!isNew && languages.length + keywords.length > 0) {
    return refusal(400, `languages and keywords are not supported with ${model}.`);
  }
  if (isNew && (form.has("language") || form.has("prompt"))) {
    return refusal(400, "language and prompt are not supported with gpt-transcribe.");
  }
  const wrong = [...languages, ...form.getAll("language")].find((code) => !/^[a-z]{2}$/.test(String(code)));
  if (wrong !== undefined) return refusal(400, `Invalid language '${wrong}': it is no ISO-639-1 code.`);
  if (keywords.some((word) => /[<>\r\n]/.test(word))) {
    return refusal(400, "A keyword has forbidden characters.");
  }
  const format = form.get("response_format") ?? "json";
  return model !== "whisper-1" && format !== "json"
    ? refusal(400, "Unsupported response_format.")
    : undefined;
}

function refusal(status: number, message: string, code: string | null = null): Response {
  return Response.json({ error: { message, type: "invalid_request_error", param: null, code } }, { status });
}
