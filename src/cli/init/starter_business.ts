/** A business file as JSON. */
export type BusinessJson = Readonly<Record<string, unknown>>;

/** An example that a business can start from. */
export interface Starter {
  /** As in its file. */
  readonly business: BusinessJson;
  /** What its model is told. */
  readonly instructions: string;
}

/** Opening hours by weekday, each a list of times such as `08:00-17:30`; undefined: always open. */
export type WeekHours = Readonly<Record<string, readonly string[]>>;

/** What an installation's own business is to be. */
export interface BusinessAnswers {
  /** Its file is `ID.json`. */
  readonly id: string;
  /** As spoken. */
  readonly name: string;
  /** In E.164. */
  readonly numbers: readonly string[];
  /** Default: those of the example. */
  readonly hours?: WeekHours | "always";
  /** IANA name. */
  readonly timeZone: string;
  /** ISO-639 code. Default: that of the example. */
  readonly language?: string;
  /** Default: that of the example. */
  readonly voice?: string;
  /** Whom a call can be put through to. */
  readonly transfers: readonly { readonly name: string; readonly number: string }[];
  /** What callers may want. None: what the example says. */
  readonly wants: readonly string[];
  /** What callers may be told, such as the address. */
  readonly facts: readonly string[];
}

/** A business that was made from an example. */
export interface StarterBusiness {
  readonly business: BusinessJson;
  readonly instructions: string;
  /** What the example has and this does not, since it needs something of the user's own. */
  readonly leftOut: readonly string[];
}

/** Parts of an example that this looks into. */
interface ExampleParts {
  name: string;
  hours?: { week: WeekHours; afterHours?: unknown };
  greeting?: unknown;
  transfers?: { name: string; number: string }[];
  keys?: Record<string, { action: string; target?: string }>;
  tools?: { builtIn?: string[]; http?: { name: string }[]; mcp?: McpServer[] };
  knowledge?: unknown;
  transcription?: { model?: string };
  fallback?: Record<string, unknown>;
}

interface McpServer {
  server_label: string;
  allowed_tools?: string[];
}

/** Headings of the instructions whose text is not the example's own. */
const WANTS = "# What callers may want";
const FACTS = "# What you know";

/**
 * Makes a business from an example and what is known of the user's own. What an example has for show does not
 * get in: its numbers, addresses, people, tools, documents and holidays lead nowhere. Where the instructions
 * speak of something that is left out, that line or sentence goes with it.
 */
export function starterBusiness(starter: Starter, answers: BusinessAnswers): StarterBusiness {
  const example = JSON.parse(JSON.stringify(starter.business)) as ExampleParts & Record<string, unknown>;
  const { id, name, numbers, timeZone } = answers;
  const transfers = transfersOf(example, answers);
  const missing = (example.transfers ?? []).filter(({ name }) => !transfers.some((one) => one.name === name));
  const tools = ownTools(example);
  const gone = [...missing.map(({ name }) => name), ...tools.names];
  const renamed = (text: string) => withoutMentions(text, gone).replaceAll(example.name, name);
  const keys = Object.entries(example.keys ?? {})
    .filter(([, { target }]) => target === undefined || transfers.some((one) => one.name === target));
  const hours = answers.hours ?? example.hours?.week ?? "always";
  const { prompt: _, ...transcription } = (example.transcription ?? {}) as Record<string, unknown>;
  const business = {
    ...walk(example, (text) => renamed(text)),
    name,
    numbers,
    ...hours === "always" ? { timeZone } : {
      hours: {
        timeZone,
        week: hours,
        ...example.hours?.afterHours !== undefined && { afterHours: walk(example.hours.afterHours, renamed) },
      },
    },
    language: answers.language ?? example.language,
    voice: answers.voice ?? example.voice,
    instructions: { file: `${id}.md` },
    ...example.transcription && { transcription },
    transfers,
    keys: Object.fromEntries(keys),
    fallback: {
      ...walk(example.fallback ?? {}, renamed) as Record<string, unknown>,
      forwardTo: transfers[0]?.number,
      voicemail: true,
    },
  };
  if (hours === "always") delete (business as ExampleParts).hours;
  delete (business as ExampleParts).knowledge;
  if (example.tools) (business as ExampleParts).tools = tools.kept;
  return {
    business,
    instructions: instructionsOf(renamed(starter.instructions), answers, tools.names.length > 0),
    leftOut: [
      ...missing.map(({ name }) => `the transfer to ${name}: --transfer "${name}=NUMBER" names its number`),
      ...tools.leftOut,
      ...example.knowledge ? ["knowledge: slimline ingest takes documents in, docs/knowledge.md"] : [],
    ],
  };
}

/** Those of the example that have a number of the user's own, then the user's others. */
function transfersOf({ transfers = [] }: ExampleParts, { transfers: given }: BusinessAnswers) {
  const numberOf = (wanted: string) =>
    given.find(({ name }) => name.toLowerCase() === wanted.toLowerCase())?.number;
  const known = transfers.flatMap((transfer) => {
    const number = numberOf(transfer.name);
    return number === undefined ? [] : [{ ...transfer, number }];
  });
  const others = given.filter(({ name }) =>
    !transfers.some((one) => one.name.toLowerCase() === name.toLowerCase())
  );
  return [
    ...known,
    ...others.map(({ name, number }) => ({
      name,
      description: `For callers who ask for ${name}.`,
      number,
      announcement: true,
      whisper: true,
    })),
  ];
}

/** The tools that need no server, and what the others are called. */
function ownTools({ tools = {} }: ExampleParts) {
  const { http = [], mcp = [], builtIn, ...kept } = tools;
  const needed = builtIn && http.length + mcp.length > 0
    ? [...new Set([...builtIn, "take_message"])]
    : builtIn;
  return {
    kept: { ...needed && { builtIn: needed }, ...kept },
    names: [
      ...http.map(({ name }) => name),
      ...mcp.flatMap(({ allowed_tools = [] }) => allowed_tools),
    ],
    leftOut: [
      ...http.map(({ name }) => `the tool ${name}, which needs a server of yours: docs/businesses.md`),
      ...mcp.map(({ server_label }) =>
        `the MCP server ${server_label}, which is not yours: docs/businesses.md`
      ),
    ],
  };
}

function instructionsOf(text: string, { wants, facts }: BusinessAnswers, lacksTools: boolean): string {
  const list = (lines: readonly string[]) => lines.map((line) => `- ${line}`).join("\n");
  let made = wants.length > 0 ? withSection(text, WANTS, list(wants)) : text;
  made = facts.length > 0 ? withSection(made, FACTS, list(facts)) : withoutSection(made, FACTS);
  if (lacksTools) {
    made = withSection(
      made,
      "# What you cannot do yet",
      list([
        "You see no calendar. Take what the caller wants as a message, and say that somebody will confirm it.",
      ]),
    );
  }
  return `${made.trim()}\n`;
}

/** Every text in some JSON, made anew. */
function walk<Json>(json: Json, change: (text: string) => string): Json {
  if (typeof json === "string") return change(json) as Json;
  if (Array.isArray(json)) return json.map((item) => walk(item, change)) as Json;
  if (typeof json !== "object" || json === null) return json;
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, walk(value, change)])) as Json;
}

/** The text without the items of lists, and else the sentences, that speak of one of `names`. */
function withoutMentions(text: string, names: readonly string[]): string {
  const words = names.map((name) => name.toLowerCase());
  const speaks = (part: string) => words.some((word) => part.toLowerCase().includes(word));
  if (!speaks(text)) return text;
  return text.split(/\n(?=\n|- |#)/).flatMap((block) => {
    if (!speaks(block)) return [block];
    if (/^\n?- /.test(block)) return [];
    const kept = block.split(/(?<=[.!?])\s+/).filter((sentence) => !speaks(sentence)).join(" ");
    return kept === "" ? [] : [kept];
  }).join("\n");
}

/** The text with a section of that heading, in place of the one that it has, or at its end. */
function withSection(text: string, heading: string, body: string): string {
  const { before, after } = around(text, heading);
  return [before, `${heading}\n\n${body}`, after].filter((part) => part !== "").join("\n\n");
}

function withoutSection(text: string, heading: string): string {
  const { before, after } = around(text, heading);
  return [before, after].filter((part) => part !== "").join("\n\n");
}

/** What stands before and behind a section; all of the text before it where there is none. */
function around(text: string, heading: string): { before: string; after: string } {
  const start = `\n${text}`.indexOf(`\n${heading}\n`);
  if (start < 0) return { before: text.trim(), after: "" };
  const next = text.indexOf("\n#", start + heading.length);
  return {
    before: text.slice(0, start).trim(),
    after: next < 0 ? "" : text.slice(next).trim(),
  };
}
