import assert from "node:assert/strict";
import { checkArguments, prepare } from "../../src/call/tools/prepare_call.ts";
import type { Tool } from "../../src/call/tools/tool.ts";
import { DeltaScan } from "../../src/model/openai/delta_scan.ts";
import { AppError } from "../../src/util/errors.ts";
import { apiError, audioDelta, SessionRig, sessionUpdated } from "../support/session_rig.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedJson, mutatedText } from "./mutate.ts";

const item = (type: string, rest: object) => ({ id: "item_1", type, status: "completed", ...rest });
const EVENTS: object[] = [
  sessionUpdated(),
  JSON.parse(audioDelta("AAAA")),
  apiError("rate_limit_exceeded"),
  { type: "response.created", response: { id: "resp_1", status: "in_progress", metadata: null, output: [] } },
  {
    type: "response.done",
    response: {
      id: "resp_1",
      status: "failed",
      status_details: { error: { type: "server_error", code: null } },
      usage: { total_tokens: 3, input_token_details: { cached_tokens: 1 } },
      output: [item("message", { role: "assistant", content: [{ type: "output_audio" }] })],
    },
  },
  {
    type: "response.output_item.done",
    response_id: "resp_1",
    item: item("function_call", { call_id: "call_1", name: "find_order", arguments: '{"order":"12"}' }),
  },
  {
    type: "conversation.item.added",
    previous_item_id: "item_0",
    item: item("message", { role: "user", content: [] }),
  },
  {
    type: "conversation.item.input_audio_transcription.completed",
    item_id: "item_1",
    transcript: "Hello.",
    usage: {},
  },
  { type: "input_audio_buffer.speech_started", item_id: "item_1", audio_start_ms: 20 },
  { type: "response.mcp_call.completed", item_id: "item_1" },
];
const TEXTS = [...EVENTS.map((event) => JSON.stringify(event)), audioDelta("AAAA//8=")];

const PARAMETERS = {
  type: "object",
  properties: {
    order: { type: "string", minLength: 1, maxLength: 20, pattern: "^[0-9A-Z-]+$" },
    guests: { type: "integer", minimum: 1, maximum: 20 },
    rooms: {
      type: "array",
      maxItems: 5,
      items: { type: "object", properties: { name: { type: "string" } } },
    },
    when: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
  },
  required: ["order"],
  additionalProperties: false,
};
const TOOL = { name: "find_order", parameters: PARAMETERS } as unknown as Tool;
const ARGUMENTS = [
  { order: "A-12", guests: 2, rooms: [{ name: "blue" }], when: "2026-11-30" },
  { order: "1", when: null },
];

/** The scan does not look for these, which JSON may not have: they would stand in fields that nobody uses, or in base64. */
const CONTROLS = /\p{Cc}/u;

/** What OpenAI sends, and what the model wants of tools. */
export const MODEL_READERS = {
  "an event of a Realtime session": () => {
    const scan = new DeltaScan();
    return fuzzed<string>({
      make: (random) => random.oneIn(2) ? mutatedText(random, TEXTS) : mutatedJson(random, EVENTS),
      read: (text) => {
        if (scan.matches(text) && !CONTROLS.test(text)) {
          const { delta, item_id, response_id } = JSON.parse(text);
          const found = [text.slice(scan.audioStart, scan.audioEnd), scan.itemId, scan.responseId];
          assert.deepEqual(found, [delta, item_id, response_id]);
        }
        const rig = SessionRig.ready();
        rig.socket.deliver(text);
        rig.socket.deliver(audioDelta("AAAA"));
        const wrong = rig.handler.told.filter((told) => told.includes("handler_failed"));
        assert.deepEqual(wrong, []);
        rig.session.close();
      },
      isDeclared: NEVER,
    });
  },
  "arguments of a tool": () =>
    fuzzed<string>({
      make: (random) => mutatedJson(random, ARGUMENTS),
      read: (text) => {
        const { args } = prepare({ name: TOOL.name, arguments: text } as never, [TOOL]);
        assert.deepEqual(checkArguments(PARAMETERS, args), []);
      },
      isDeclared: (error) => error instanceof AppError && error.code === "tool_bad_arguments",
    }),
};
