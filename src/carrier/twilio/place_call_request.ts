import * as v from "valibot";

/** What `POST /calls` asks for. */
export interface PlaceCallRequest {
  /** Who is called, in E.164. */
  to: string;
  /** The number that calls, in E.164: one that the Twilio account owns or has verified. Default one of the business's. */
  from?: string;
  /** Id of the business that speaks. Default the one that `from` belongs to, or the only one. */
  business?: string;
  /** Whether and how a machine that answers is treated differently. Default `off`. */
  machineDetection?: "off" | "hang_up" | "leave_message";
}

const number = v.pipe(
  v.string("must be a text"),
  v.regex(/^\+[1-9]\d{6,14}$/, "must be E.164: + and 7 to 15 digits, such as +15550100000"),
);

const schema: v.GenericSchema<unknown, PlaceCallRequest> = v.strictObject({
  to: number,
  from: v.exactOptional(number),
  business: v.exactOptional(
    v.pipe(v.string("must be a text"), v.regex(/^[a-z0-9-]{1,64}$/, "must be the id of a business")),
  ),
  machineDetection: v.exactOptional(
    v.picklist(["off", "hang_up", "leave_message"], "must be off, hang_up or leave_message"),
  ),
}, "must be a JSON object of to, from, business and machineDetection");

/** Reads the JSON of a request; otherwise every problem that it has, each as a sentence. */
export function readPlaceCall(body: string): PlaceCallRequest | { problems: string[] } {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { problems: ["The body must be JSON."] };
  }
  const result = v.safeParse(schema, json);
  if (result.success) return result.output;
  return { problems: result.issues.map(sentence) };
}

function sentence(issue: v.BaseIssue<unknown>): string {
  const field = v.getDotPath(issue);
  if (field === null) return `The body ${issue.message}.`;
  const isUnknown = issue.type === "strict_object" && issue.expected === "never";
  const isMissing = issue.type === "strict_object" && !isUnknown;
  return isUnknown
    ? `${field} is not known here.`
    : isMissing
    ? `${field} is missing.`
    : `${field} ${issue.message}.`;
}
