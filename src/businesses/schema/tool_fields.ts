import * as v from "valibot";
import { MAX_VARIABLE_CHARS, MAX_VARIABLES, VARIABLE_NAME } from "../variable_bounds.ts";
import { schemaProblem } from "../../util/json_schema.ts";
import {
  amount,
  byKey,
  fields,
  list,
  MAX_HINT_CHARS,
  notes,
  oneName,
  pattern,
  setting,
  text,
  webAddress,
  wholeNumber,
} from "./field_forms.ts";

/** Most tools of each kind. The model chooses badly among more. */
const MAX_TOOLS = 64;
/** Most passages that a search returns: more would not fit into a tool's output. */
const MAX_PASSAGES = 10;

const HEADERS = setting(
  v.record(
    pattern(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$/, "must be the name of an HTTP header"),
    text(4_000, 0),
    "must be an object of header names and values",
  ),
  "Sent with each request; values may contain ${BUSINESS_…} secrets.",
  () => ({}),
  { form: "object of names and values", leftOut: "none" },
);

const SIGNING_SECRET = setting(
  text(500),
  "Signs each request (X-Slimline-Signature); write it as a ${BUSINESS_…} secret.",
);

/** OpenAI calls it, from its own network. */
const publicUrl = webAddress({ mayBePlain: false });

const HTTP_TOOL = fields({
  name: v.pipe(
    pattern(/^[A-Za-z0-9_-]{1,64}$/, "must be 1 to 64 letters, digits, _ and -", "letters, digits, _ and -"),
    v.description("What the model calls it by."),
  ),
  description: v.pipe(
    text(MAX_HINT_CHARS),
    v.description("Tells the model what it does and when to use it."),
  ),
  parameters: setting(
    v.pipe(
      v.looseObject(
        { type: v.literal("object", "must be object") },
        byKey("type", "is missing: it must be object", "must be a JSON schema of type object"),
      ),
      v.check(
        (schema) => schemaProblem(schema) === undefined,
        ({ input }) => `must be a JSON schema, but ${schemaProblem(input)}`,
      ),
    ),
    "JSON schema of the arguments; without it there are none.",
    () => ({ type: "object" as const, properties: {} }),
    { form: "JSON schema of type `object`", leftOut: "no arguments" },
  ),
  url: v.pipe(
    webAddress({ mayBePlain: true }),
    v.description("POSTed to, with the arguments and the call as JSON."),
  ),
  headers: HEADERS,
  signingSecret: SIGNING_SECRET,
  timeoutMs: setting(wholeNumber(100, 60_000, "ms"), "How long it may take.", 10_000),
});

const MCP_SERVER = v.looseObject(
  {
    type: v.pipe(v.literal("mcp", "must be mcp"), v.description("As in OpenAI's `tools`.")),
    server_label: v.pipe(
      pattern(
        /^[A-Za-z][A-Za-z0-9_-]{0,63}$/,
        "must be a letter and up to 63 letters, digits, _ and -",
        "letters, digits, _ and -",
      ),
      v.description("Name of the server."),
    ),
    server_url: setting(publicUrl, "Where the server is; in its place tunnel_id or connector_id."),
    tunnel_id: setting(text(200), "A tunnel of OpenAI's to a server that the internet does not reach."),
    // OpenAI's own default is to ask the client before each call, and wait.
    require_approval: setting(
      v.literal("never", "must be never: nobody can approve a tool's use in the middle of a call"),
      "OpenAI may use its tools without asking; name those it may use in allowed_tools.",
      "never",
    ),
  },
  ({ path }) =>
    path?.at(-1)?.key === "type"
      ? "is missing: it must be mcp"
      : path?.at(-1)?.key === "server_label"
      ? "is missing: it must be a name for the server"
      : "must be an object of type mcp, server_label, server_url and what else OpenAI takes",
);

/** `tools` of a business file. */
export const TOOLS = v.pipe(
  fields({
    builtIn: setting(
      list(
        oneName(["end_call", "send_dtmf", "take_message"]),
        "a list of end_call, send_dtmf and take_message",
        3,
      ),
      "transfer_call is there by itself whenever there are transfers.",
      () => ["end_call" as const, "take_message" as const],
    ),
    http: setting(list(HTTP_TOOL, "a list of HTTP tools", MAX_TOOLS), "Your own endpoints.", () => []),
    mcp: setting(
      list(MCP_SERVER, "a list of MCP servers", MAX_TOOLS),
      "Servers that OpenAI calls by itself; handed on as they are, with ${BUSINESS_…} secrets filled in.",
      () => [],
    ),
    callsPerTurn: setting(
      wholeNumber(1, 200),
      "Tools that the model may call before the caller speaks again; then it must answer without.",
      16,
    ),
    callsPerCall: setting(wholeNumber(1, 5_000), "Tools that it may call in one telephone call.", 200),
    fillerAfterMs: setting(
      wholeNumber(200, 60_000, "ms"),
      "A tool that takes longer gets a spoken filler.",
      1_500,
    ),
    fillerInstructions: setting(
      text(MAX_HINT_CHARS),
      "Told to the model as an instruction for the filler.",
      "Say in a few words that you are looking into it, such as: one moment please.",
    ),
  }),
  v.description("Which tools the model has."),
);

/** The settings of a search where knowledge is on; the object itself, which may not be left out. */
export const KNOWLEDGE_SETTINGS = fields({
  about: setting(text(MAX_HINT_CHARS), "Tells the model what the documents are about."),
  dimensions: setting(
    wholeNumber(64, 3_072),
    "Length of the embeddings: shorter ones are smaller and faster, and find a little less. After a change, run slimline ingest again.",
    512,
  ),
  results: setting(wholeNumber(1, MAX_PASSAGES), "Most passages that one search gives the model.", 4),
  minSimilarity: setting(
    amount(0, 1),
    "A passage fits that is at least this much like the question, or by minWords: 0 is as alike as the embedding model finds any two of the passages, 1 is the same.",
    0.1,
  ),
  minWords: setting(
    amount(0, 1),
    "A passage fits that holds at least this share of the question's words, rare ones counting more.",
    0.3,
  ),
});

/** `knowledge` of a business file. */
export const KNOWLEDGE = v.pipe(
  v.nullable(KNOWLEDGE_SETTINGS),
  v.description("Lets the model search the documents that slimline ingest has taken in; null does not."),
);

/** `lookup` of a business file. */
export const LOOKUP = v.pipe(
  fields({
    url: v.pipe(
      webAddress({ mayBePlain: true }),
      v.description(
        "POSTed to when a call comes in, with the call as JSON; answers with the call's variables.",
      ),
    ),
    timeoutMs: setting(
      wholeNumber(100, 3_000, "ms"),
      "How long it may take: the caller hears nothing before it is over.",
      1_000,
    ),
    headers: HEADERS,
    signingSecret: SIGNING_SECRET,
  }),
  v.description("Asked who calls, before the greeting, while Twilio connects the call."),
);

/** `variables` of a business file. */
export const VARIABLES = v.pipe(
  v.record(
    pattern(VARIABLE_NAME, "must be a name of 1 to 40 letters, digits and _"),
    text(MAX_VARIABLE_CHARS, 0),
    "must be an object of names and their defaults",
  ),
  v.maxEntries(MAX_VARIABLES, `must have at most ${MAX_VARIABLES} names`),
  v.description("What stands for {{name}} in instructions and greeting where a call gives no value."),
  notes({ form: "object of names and texts", leftOut: "none" }),
);
