import { AppError, messageOf } from "../../util/errors.ts";
import { parseXml, type XmlElement, xmlElements, xmlText } from "./xml.ts";

/** Larger answers are error 11750. */
export const MAX_DOCUMENT_BYTES = 64 * 1024;
/** Name and value of a `<Parameter>` together stay under 500 characters. */
const MAX_PARAMETER_CHARS = 499;

/** An HTTP request that a verb asks for. `url` is as written: it may be relative. */
export interface Link {
  /** As written. */
  url: string;
  /** Of HTTP. */
  method: "GET" | "POST";
}

export interface StreamVerb {
  url: string;
  name?: string;
  parameters: Record<string, string>;
  statusCallback?: Link;
}

/** A number to dial, or another party: `conference:NAME`, `sip:…`, `client:NAME`, `queue:NAME`. */
export interface DialledNumber {
  number: string;
  /** TwiML for the called party's ears before the two are joined: a whisper. */
  whisper?: Link;
  statusCallback?: Link;
  /** Which of initiated, ringing, answered, completed are told. */
  statusCallbackEvents: string[];
}

/** A message that the caller leaves after the beep. */
export interface RecordVerb {
  verb: "Record";
  action?: Link;
  recordingStatusCallback?: Link;
  /** Silence that ends it; default 5. */
  timeoutSeconds?: number;
  /** Default an hour. */
  maxSeconds?: number;
  /** Keys that end it; default any. */
  finishOnKey?: string;
  /** Default true. */
  beeps?: boolean;
}

/** What `<Gather>` collects: keys; what a caller says is not understood here. */
export interface GatherVerb {
  verb: "Gather";
  action?: Link;
  /** Keys after which it is over; undefined: `finishOnKey` or the time-out end it. */
  numDigits?: number;
  /** Empty: no key ends it. */
  finishOnKey: string;
  /** Without a key, after the prompt or the key before. */
  timeoutSeconds: number;
  /** Whether `action` is asked although no key was pressed. */
  asksWhenEmpty: boolean;
  /** `<Say>`, `<Play>` and `<Pause>`, which a key cuts short. */
  prompts: Verb[];
}

/** The verbs that are walked here. Source: Twilio docs "TwiML for Programmable Voice". */
export type Verb =
  | { verb: "Connect"; action?: Link; stream: StreamVerb }
  | { verb: "Say"; text: string }
  | { verb: "Play"; url: string; digits?: string }
  | { verb: "Pause"; seconds: number }
  | { verb: "Dial"; action?: Link; numbers: DialledNumber[]; callerId?: string }
  | RecordVerb
  | GatherVerb
  | { verb: "Enqueue"; action?: Link; queue: string }
  | { verb: "Leave" }
  /** What runs beside the call: a one-way stream, a recording, a transcription. Named, and not done. */
  | { verb: "Start" | "Stop"; what: string }
  | { verb: "Redirect"; link: Link }
  | { verb: "Reject"; reason: string }
  | { verb: "Hangup" };

/** A TwiML document that Twilio would not run. `twilioCode` is the code in Twilio's error dictionary. */
export class TwimlError extends AppError {
  override readonly name = "TwimlError";
  constructor(readonly twilioCode: number, message: string, options: { cause?: unknown } = {}) {
    super("twiml_invalid", message, options);
  }
}

/**
 * Reads a TwiML document into its verbs.
 *
 * @throws {TwimlError} 11750 too large, 12100 not well-formed, 12200 not valid, 31922 a stream that is not
 * `wss`, 31941 a track other than the inbound one
 */
export function parseTwiml(text: string): Verb[] {
  if (new TextEncoder().encode(text).length > MAX_DOCUMENT_BYTES) {
    throw new TwimlError(11750, `The TwiML has more than ${MAX_DOCUMENT_BYTES} bytes.`);
  }
  let root: XmlElement;
  try {
    root = parseXml(text);
  } catch (error) {
    throw new TwimlError(12100, `The TwiML is not well-formed: ${messageOf(error)}`, { cause: error });
  }
  if (root.name !== "Response") throw new TwimlError(12200, `The root is <${root.name}>, not <Response>.`);
  return xmlElements(root).map(readVerb);
}

function readVerb(element: XmlElement): Verb {
  const attributes = element.attributes;
  switch (element.name) {
    case "Connect":
      return { verb: "Connect", action: readLink(attributes, "action"), stream: readStream(element) };
    case "Say":
      return { verb: "Say", text: xmlText(element).trim().replace(/\s+/g, " ") };
    case "Play":
      return { verb: "Play", url: xmlText(element).trim(), digits: attributes.digits };
    case "Pause":
      return { verb: "Pause", seconds: readSeconds(attributes.length ?? "1") };
    case "Dial":
      return {
        verb: "Dial",
        action: readLink(attributes, "action"),
        numbers: readNumbers(element),
        callerId: attributes.callerId,
      };
    case "Record":
      return readRecord(attributes);
    case "Gather":
      return readGather(element);
    case "Enqueue":
      return {
        verb: "Enqueue",
        action: readLink(attributes, "action"),
        queue: attributes.workflowSid ?? (xmlText(element).trim() || "default"),
      };
    case "Start":
    case "Stop":
      return { verb: element.name, what: readBeside(element) };
    case "Leave":
      return { verb: "Leave" };
    case "Redirect":
      return {
        verb: "Redirect",
        link: { url: xmlText(element).trim(), method: readMethod(attributes.method) },
      };
    case "Reject":
      return { verb: "Reject", reason: attributes.reason ?? "rejected" };
    case "Hangup":
      return { verb: "Hangup" };
    default:
      throw new TwimlError(12200, `<${element.name}> is not a verb that is walked here.`);
  }
}

function readStream(connect: XmlElement): StreamVerb {
  const nouns = xmlElements(connect);
  if (nouns.length !== 1 || nouns[0].name !== "Stream") {
    throw new TwimlError(12200, "<Connect> holds exactly one <Stream>.");
  }
  const { url, name, track = "inbound_track" } = nouns[0].attributes;
  if (!url) throw new TwimlError(12200, "<Stream> has no url.");
  if (/^[a-z]+:/i.test(url) && !url.startsWith("wss:")) {
    throw new TwimlError(31922, `The stream's URL begins with ${url.split(":")[0]}:, not wss:.`);
  }
  if (url.includes("?")) {
    throw new TwimlError(31920, "The stream's URL has a query, which Twilio does not support.");
  }
  if (track !== "inbound_track") throw new TwimlError(31941, `The track is ${track}, not inbound_track.`);
  const parameters: Record<string, string> = {};
  for (const parameter of xmlElements(nouns[0])) {
    const { name: key, value } = parameter.attributes;
    if (parameter.name !== "Parameter" || key === undefined || value === undefined) {
      throw new TwimlError(12200, "<Stream> holds only <Parameter> with a name and a value.");
    }
    if (key.length + value.length > MAX_PARAMETER_CHARS) {
      throw new TwimlError(12200, `<Parameter> ${key} is longer than ${MAX_PARAMETER_CHARS} characters.`);
    }
    parameters[key] = value;
  }
  return { url, name, parameters, statusCallback: readLink(nouns[0].attributes, "statusCallback") };
}

function readRecord(attributes: Record<string, string>): RecordVerb {
  const { timeout, maxLength, finishOnKey, playBeep } = attributes;
  return {
    verb: "Record",
    action: readLink(attributes, "action"),
    recordingStatusCallback: readLink(attributes, "recordingStatusCallback"),
    ...(timeout !== undefined && { timeoutSeconds: readSeconds(timeout) }),
    ...(maxLength !== undefined && { maxSeconds: readSeconds(maxLength) }),
    ...(finishOnKey !== undefined && { finishOnKey }),
    ...(playBeep !== undefined && { beeps: playBeep !== "false" }),
  };
}

/** Default: five seconds without a key, `#` ends it. Source: Twilio docs "TwiML Voice: <Gather>". */
function readGather(element: XmlElement): GatherVerb {
  const { attributes } = element;
  const prompts = xmlElements(element).map((child) => {
    if (!PROMPTS.includes(child.name)) {
      throw new TwimlError(12200, `<Gather> with <${child.name}>: only Say, Play and Pause may be in it.`);
    }
    return readVerb(child);
  });
  const { numDigits, timeout = "5" } = attributes;
  return {
    verb: "Gather",
    action: readLink(attributes, "action"),
    numDigits: numDigits === undefined ? undefined : readSeconds(numDigits),
    finishOnKey: attributes.finishOnKey ?? "#",
    timeoutSeconds: timeout === "auto" ? 5 : readSeconds(timeout),
    asksWhenEmpty: attributes.actionOnEmptyResult === "true",
    prompts,
  };
}

const PROMPTS = ["Say", "Play", "Pause"];
/** What may run beside a call. Source: Twilio docs "TwiML Voice: <Start>", "<Stop>". */
const BESIDE = ["Stream", "Siprec", "Transcription", "Recording"];

function readBeside(element: XmlElement): string {
  const nouns = xmlElements(element);
  if (nouns.length === 0 || nouns.some(({ name }) => !BESIDE.includes(name))) {
    throw new TwimlError(12200, `<${element.name}> holds ${BESIDE.map((name) => `<${name}>`).join(" or ")}.`);
  }
  return nouns.map(({ name, attributes }) => `${name} ${attributes.name ?? attributes.url ?? ""}`.trim())
    .join(", ");
}

/** What stands before the name of a party that is no number. A SIP address has it already. */
const PARTIES: Readonly<Record<string, string>> = {
  Number: "",
  Sip: "",
  Client: "client:",
  Conference: "conference:",
  Queue: "queue:",
};

function readNumbers(dial: XmlElement): DialledNumber[] {
  const nouns = xmlElements(dial);
  if (nouns.length === 0) return [{ number: xmlText(dial).trim(), statusCallbackEvents: [] }];
  return nouns.map((noun) => {
    if (!Object.hasOwn(PARTIES, noun.name)) {
      throw new TwimlError(12200, `<Dial> with <${noun.name}> is not walked here.`);
    }
    return {
      number: PARTIES[noun.name] + xmlText(noun).trim(),
      whisper: readLink(noun.attributes, "url", noun.attributes.method),
      statusCallback: readLink(noun.attributes, "statusCallback"),
      statusCallbackEvents: (noun.attributes.statusCallbackEvent ?? "completed").split(" "),
    };
  });
}

function readLink(attributes: Record<string, string>, name: string, method?: string): Link | undefined {
  const url = attributes[name];
  if (url === undefined) return undefined;
  return { url, method: readMethod(method ?? attributes[name === "action" ? "method" : `${name}Method`]) };
}

function readMethod(method: string = "POST"): "GET" | "POST" {
  if (method !== "GET" && method !== "POST") {
    throw new TwimlError(12200, `The method ${method} is not GET or POST.`);
  }
  return method;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0)) {
    throw new TwimlError(12200, `A length of ${JSON.stringify(text)} is not a number of seconds.`);
  }
  return seconds;
}
