import assert from "node:assert/strict";
import project from "../deno.json" with { type: "json" };

/** The formatter breaks code at this column, but no comment. */
const WIDTH = project.fmt.lineWidth;
/** A line that is a comment, or ends with one. */
const COMMENT = /^\s*(?:\/\*|\*|\/\/)|\s\/\/ /;
const URL_IN_LINE = /https?:\/\//;

const ROOT = new URL("../", import.meta.url);

/** Files whose comments are still to be wrapped. Only ever take lines off this list. */
const STILL_OVER: readonly string[] = [
  "src/audio/ring_buffer.ts",
  "src/businesses/schema/speech_fields.ts",
  "src/call/call_session.ts",
  "src/call/conversation/answer_audio.ts",
  "src/call/conversation/barge_in.ts",
  "src/call/conversation/client_events.ts",
  "src/call/conversation/conversation.ts",
  "src/call/conversation/deadlines.ts",
  "src/call/conversation/function_calls.ts",
  "src/call/conversation/instructions.ts",
  "src/call/conversation/realtime_link.ts",
  "src/call/conversation/response_sequencer.ts",
  "src/call/journal/journal.ts",
  "src/call/journal/transcript.ts",
  "src/call/journal/transcript_history.ts",
  "src/call/playback/playback.ts",
  "src/call/playback/playback_ledger.ts",
  "src/carrier/twilio/webhooks/voice.ts",
  "src/config/fields.ts",
  "src/knowledge/readers/clean_text.ts",
  "src/knowledge/readers/cmaps_data.ts",
  "src/knowledge/readers/documents_at.ts",
  "src/knowledge/readers/html.ts",
  "src/knowledge/readers/json.ts",
  "src/knowledge/readers/markdown.ts",
  "src/knowledge/readers/pdf.ts",
  "src/knowledge/readers/pdf_bounds.ts",
  "src/knowledge/readers/pdf_cmaps.ts",
  "src/knowledge/readers/pdf_text.ts",
  "src/knowledge/readers/read_document.ts",
  "src/knowledge/readers/reading_apart.ts",
  "src/knowledge/readers/section_writer.ts",
  "src/knowledge/readers/table_builder.ts",
  "src/knowledge/readers/text.ts",
  "src/model/event_schema.ts",
  "src/observability/metrics/catalogue.ts",
  "src/observability/redaction/check_digits.ts",
  "src/observability/redaction/cues.ts",
  "src/observability/redaction/letter_codes.ts",
  "src/observability/redaction/numerals.ts",
  "src/observability/redaction/personal_spans.ts",
  "src/observability/redaction/redact_attributes.ts",
  "src/observability/redaction/redact_text.ts",
  "src/observability/redaction/spoken_email.ts",
  "src/observability/redaction/talk_spans.ts",
  "src/observability/redaction/telephone_shape.ts",
  "src/records/call_record.ts",
  "src/records/live_records.ts",
  "src/records/outbox/outbox.ts",
  "src/records/record_store.ts",
  "src/records/record_webhook.ts",
  "src/records/recorder.ts",
  "src/records/redact_record.ts",
  "src/records/whole_messages.ts",
];

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(`${folder}/`, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found;
}

/** The comments of a file that are too wide, as `path:line`. */
async function wideComments(path: string): Promise<string[]> {
  const lines = (await Deno.readTextFile(new URL(path, ROOT))).split("\n");
  return lines.flatMap((line, index) =>
    line.length > WIDTH && COMMENT.test(line) && !URL_IN_LINE.test(line) ? `${path}:${index + 1}` : []
  );
}

Deno.test(`No comment of src goes beyond column ${WIDTH}, unless it has a URL`, async () => {
  const wide = await Promise.all((await filesBelow("src")).map(wideComments));
  const over = wide.flat().filter((place) => !STILL_OVER.includes(place.split(":")[0]));
  assert.deepEqual(over, []);
});

Deno.test("The list of files with wide comments names none that is gone or has been wrapped", async () => {
  const paths = new Set(await filesBelow("src"));
  const done: string[] = [];
  for (const path of STILL_OVER) {
    if (!paths.has(path) || (await wideComments(path)).length === 0) done.push(path);
  }
  assert.deepEqual(done, [], "take them off STILL_OVER");
});
