import * as v from "valibot";
import type { Clock } from "../util/clock.ts";
import { problemResponse, readJsonRequest } from "./json_request.ts";
import { type Handler, jsonResponse, type Routes } from "./router.ts";

/** Longest body of a request that acts on a call. */
const MAX_BYTES = 8_192;
/** Longest text that the agent is told, in characters. */
const MAX_TOLD_CHARS = 1_000;
const CALL_SID = /^CA[0-9a-f]{32}$/;

const transferSchema = v.strictObject({
  /** The name of one of the business's transfer targets. */
  target: v.pipe(v.string("must be a text"), v.maxLength(100, "must have at most 100 characters")),
}, "must be a JSON object of target");

const tellSchema = v.strictObject({
  /** What the agent is told. */
  text: v.pipe(
    v.string("must be a text"),
    v.transform((text) => text.toWellFormed().trim()),
    v.nonEmpty("must not be empty"),
    v.maxLength(MAX_TOLD_CHARS, `must have at most ${MAX_TOLD_CHARS} characters`),
  ),
  /** Whether the agent tells the caller at once. */
  say: v.optional(v.boolean("must be true or false"), true),
}, "must be a JSON object of text and say");

type Action =
  | { action: "end" }
  | { action: "transfer"; target: string }
  | { action: "tell"; text: string; isToBeSaid: boolean };

interface Outcome {
  readonly outcome: "begun" | "call_leaving" | "target_unknown" | "elsewhere";
  readonly targets?: readonly string[];
  readonly address?: string | null;
  readonly proof?: string;
}

/** Does something to a live call, wherever it is; resolves with undefined when there is none of that name. */
type Act = (callSid: string, action: Action) => Promise<Outcome | undefined>;

/**
 * `POST /calls/CALLSID/end`, `/transfer` (`{"target": "sales"}`) and `/tell` (`{"text": "…", "say": true}`):
 * what operators do to a live call. 202 when it has begun: what comes of it is in the call's record.
 * Otherwise `problems` and a stable `code`: 404 `call_unknown`, 409 `call_leaving`, 409 `call_elsewhere` with
 * the address of the instance that has the call, 400 `target_unknown` with the names that there are, and the
 * refusals of a body.
 */
export function callActionRoutes(act: Act, clock: Clock): Routes {
  const route =
    (read: (request: Request) => Action | Response | Promise<Action | Response>): Handler =>
    async (request) => {
      const callSid = new URL(request.url).pathname.split("/").at(-2) ?? "";
      const action = await read(request);
      if (action instanceof Response) return action;
      const found = CALL_SID.test(callSid) ? await act(callSid, action) : undefined;
      return answer(callSid, action.action, found);
    };
  return {
    "POST /calls/*/end": route(() => ({ action: "end" })),
    "POST /calls/*/transfer": route(async (request) => {
      const asked = await readJsonRequest(request, { schema: transferSchema, maxBytes: MAX_BYTES, clock });
      return asked instanceof Response ? asked : { action: "transfer", target: asked.target };
    }),
    "POST /calls/*/tell": route(async (request) => {
      const asked = await readJsonRequest(request, { schema: tellSchema, maxBytes: MAX_BYTES, clock });
      return asked instanceof Response ? asked : { action: "tell", text: asked.text, isToBeSaid: asked.say };
    }),
  };
}

function answer(callSid: string, action: Action["action"], found: Outcome | undefined): Response {
  switch (found?.outcome) {
    case "begun":
      return jsonResponse(202, { callSid, action });
    case "call_leaving":
      return problemResponse(409, "call_leaving", "The call is about to end, or to be put through, already.");
    case "target_unknown": {
      const { targets = [] } = found;
      const known = targets.length > 0 ? `Its transfer targets are: ${targets.join(", ")}.` : "It has none.";
      return problemResponse(
        400,
        "target_unknown",
        `The call's business has no such transfer target. ${known}`,
      );
    }
    case "elsewhere": {
      const where = found.address
        ? `Ask there: POST ${found.address}/calls/${callSid}/${action}.`
        : "It has no INSTANCE_URL that says where it is reached.";
      const problem = `The call is live at another instance of the fleet. ${where}`;
      return jsonResponse(409, {
        problems: [problem],
        code: "call_elsewhere",
        instance: found.address ?? null,
        proof: found.proof ?? null,
      });
    }
    default:
      return problemResponse(404, "call_unknown", "There is no live call of that id.");
  }
}
