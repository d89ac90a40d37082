import * as v from "valibot";
import { PERSONAL_KINDS } from "../../observability/redaction/redact_text.ts";
import { fields, flag, list, oneName, setting, text, webAddress, wholeNumber } from "./field_forms.ts";

/** The longest that records are kept: ten years. */
const MAX_RETENTION_DAYS = 3_650;

const REDACTIONS = [...PERSONAL_KINDS, "caller"] as const;

const WEBHOOK = fields({
  url: v.pipe(
    webAddress({ mayBePlain: true }),
    v.description("POSTed to, with the record as JSON."),
  ),
  signingSecret: setting(
    text(500),
    "Signs each request (X-Slimline-Signature); write it as a ${BUSINESS_…} secret.",
  ),
  messages: setting(
    oneName(["masked", "whole"]),
    "whole: what take_message was told goes along word for word, to this webhook alone. Left out, as masked: only in the record, masked.",
  ),
});

/** `records` of a business file. */
export const RECORDS = v.pipe(
  fields({
    retentionDays: setting(
      wholeNumber(0, MAX_RETENTION_DAYS, "days"),
      "How long the record of a call is kept; 0 keeps none. Holds for calls from now on.",
      30,
    ),
    redact: setting(
      list(oneName(REDACTIONS), `a list of ${REDACTIONS.join(", ")}`, REDACTIONS.length),
      "What is masked before a record is written: in the texts, and with caller the caller's own number.",
      () => PERSONAL_KINDS.filter((kind) => kind !== "name"),
    ),
    recordings: setting(
      oneName(["keep", "link"]),
      "keep: the recording of a message is fetched from Twilio, kept as long as the record, and transcribed, unless transcription is null. link: it stays at Twilio.",
      "keep",
    ),
    deleteAtTwilio: setting(
      flag(),
      "Deletes Twilio's copy of a recording once ours is safe and the record has its transcript.",
      false,
    ),
    webhook: setting(WEBHOOK, "Told of each call once it is over."),
  }),
  v.description("What is kept of a call when it is over."),
);
