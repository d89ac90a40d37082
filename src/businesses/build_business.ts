import {
  type Business,
  DEFAULT_BUSINESS,
  DEFAULT_KNOWLEDGE,
  type Greeting,
  type HttpToolSettings,
  type OpeningHours,
  type OpenSpan,
  type RecordSettings,
  type ServerVad,
  type TimeLimits,
  type ToolSettings,
  type Transcription,
  type Turns,
} from "./business.ts";
import type { BusinessFile } from "./schema/business_file.ts";
import { WEEKDAYS } from "./schema/hours.ts";
import type { SecretFiller } from "./secrets.ts";

/** The type of a section that is there. */
type Section<Name extends keyof BusinessFile> = NonNullable<BusinessFile[Name]>;

const NO_PARAMETERS = Object.freeze({ type: "object", properties: Object.freeze({}) });

/**
 * The business that a checked file describes. Sections that the file leaves out are those of the default business itself
 * and not copies: a thousand businesses share them.
 *
 * @param id used when the file gives none
 * @param instructions the text, wherever it came from
 */
export function buildBusiness(
  file: BusinessFile,
  id: string,
  instructions: string,
  secrets: SecretFiller,
): Business {
  const base = DEFAULT_BUSINESS;
  return deepFreeze<Business>({
    id: file.id ?? id,
    name: file.name,
    numbers: file.numbers,
    inService: file.inService,
    hours: file.hours && hoursOf(file.hours),
    language: file.language,
    instructions,
    greeting: file.greeting ? greetingOf(file.greeting) : base.greeting,
    voice: file.voice,
    model: file.model,
    audioFormat: file.audioFormat,
    turns: file.turns ? turnsOf(file.turns) : base.turns,
    noiseReduction: file.noiseReduction === undefined ? base.noiseReduction : file.noiseReduction,
    transcription: transcriptionOf(file),
    tools: file.tools ? toolsOf(file.tools, secrets) : base.tools,
    knowledge: file.knowledge ? { ...DEFAULT_KNOWLEDGE, ...file.knowledge } : base.knowledge,
    keys: file.keys ?? base.keys,
    transfers: file.transfers ?? base.transfers,
    time: file.time ? timeOf(file.time) : base.time,
    limits: file.limits ? { ...base.limits, ...file.limits } : base.limits,
    fallback: file.fallback ? { ...base.fallback, ...file.fallback } : base.fallback,
    records: file.records ? recordsOf(file.records, secrets) : base.records,
    busyWords: file.busyWords,
    whenBusy: file.whenBusy ? { ...base.whenBusy, ...file.whenBusy } : base.whenBusy,
    outOfServiceWords: file.outOfServiceWords,
  });
}

function hoursOf({ timeZone, week, days, afterHours }: Section<"hours">): OpeningHours {
  return {
    timeZone,
    week: WEEKDAYS.map((weekday) => week[weekday].map(spanOf)),
    days: Object.fromEntries(Object.entries(days).map(([date, spans]) => [date, spans.map(spanOf)])),
    afterHours: afterHours.action === "answer" ? afterHours : { forwardTo: undefined, ...afterHours },
  };
}

/** @param text `HH:MM-HH:MM`; one that ends no later than it begins lasts past midnight */
function spanOf(text: string): OpenSpan {
  const [fromMinute, toMinute] = text.split("-").map((time) => {
    const [hour, minute] = time.split(":").map(Number);
    return hour * 60 + minute;
  });
  return { fromMinute, toMinute: toMinute > fromMinute ? toMinute : toMinute + 24 * 60 };
}

function greetingOf({ instructions, interruptible }: Section<"greeting">): Greeting {
  return { instructions, isInterruptible: interruptible };
}

function turnsOf({ detection, minInterruptionMs }: Section<"turns">): Turns {
  if (!detection) return { detection: DEFAULT_BUSINESS.turns.detection, minInterruptionMs };
  if (detection.type === "semantic_vad") return { detection, minInterruptionMs };
  // Where the default business goes by what was said, a file that chooses loudness gets OpenAI's documented values.
  const { threshold = 0.5, prefixPaddingMs = 300, silenceDurationMs = 500, idleTimeoutMs } = detection;
  const byLoudness: ServerVad = {
    type: "server_vad",
    threshold,
    prefixPaddingMs,
    silenceDurationMs,
    ...idleTimeoutMs !== undefined && { idleTimeoutMs },
  };
  return { detection: byLoudness, minInterruptionMs };
}

function transcriptionOf({ transcription, language }: BusinessFile): Transcription | null {
  const base = DEFAULT_BUSINESS.transcription;
  if (transcription === null) return null;
  if (transcription === undefined && language === undefined) return base;
  return {
    model: transcription?.model ?? base?.model ?? "gpt-transcribe",
    language: transcription?.language ?? language,
    prompt: transcription?.prompt,
  };
}

function toolsOf(tools: Section<"tools">, secrets: SecretFiller): ToolSettings {
  const base = DEFAULT_BUSINESS.tools;
  return {
    builtIn: tools.builtIn ?? base.builtIn,
    http: tools.http?.map((tool, index) => httpToolOf(tool, ["tools", "http", index], secrets)) ?? base.http,
    mcp: tools.mcp ? secrets.fillAll(tools.mcp, ["tools", "mcp"]) : base.mcp,
    fillerAfterMs: tools.fillerAfterMs,
    fillerInstructions: tools.fillerInstructions,
  };
}

function httpToolOf(
  tool: NonNullable<Section<"tools">["http"]>[number],
  keys: readonly unknown[],
  secrets: SecretFiller,
): HttpToolSettings {
  const { name, description, parameters = NO_PARAMETERS, url, headers = {}, signingSecret, timeoutMs } = tool;
  return {
    name,
    description,
    parameters,
    url,
    headers: Object.fromEntries(
      Object.entries(headers).map((
        [header, value],
      ) => [header, secrets.fillHeader(value, [...keys, "headers", header])]),
    ),
    signingSecret: signingSecret === undefined
      ? undefined
      : secrets.fill(signingSecret, [...keys, "signingSecret"]),
    timeoutMs,
  };
}

function recordsOf(records: Section<"records">, secrets: SecretFiller): RecordSettings {
  const { retentionDays, redact = DEFAULT_BUSINESS.records.redact, webhook } = records;
  if (!webhook) return { retentionDays, redact, webhook: undefined };
  const { url, signingSecret } = webhook;
  const keys = ["records", "webhook", "signingSecret"];
  return {
    retentionDays,
    redact,
    webhook: {
      url,
      signingSecret: signingSecret === undefined ? undefined : secrets.fill(signingSecret, keys),
    },
  };
}

function timeOf(time: Section<"time">): TimeLimits {
  return {
    silencePromptAfterMs: time.silencePromptSeconds * 1000,
    silenceGoodbyeAfterMs: time.silenceGoodbyeSeconds * 1000,
    maxCallMs: time.maxCallMinutes * 60_000,
    warnBeforeEndMs: time.warnBeforeEndSeconds * 1000,
    answerWithinMs: time.answerWithinSeconds * 1000,
  };
}

/** Calls share a business for hours: nobody may change it. */
function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
