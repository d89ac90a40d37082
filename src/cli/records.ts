import { escapeLines, escapeUnsafe } from "../observability/text_line.ts";
import { configProblemLine, type LoadOptions, readFields } from "../config/config.ts";
import { readEnvironment } from "../config/environment.ts";
import { FIELDS, type RawConfig } from "../config/fields.ts";
import { createLog } from "../observability/log.ts";
import type { CallRecord } from "../records/call_record.ts";
import type { RecordPosition, RecordQuery } from "../records/record_store.ts";
import { recordStoreKind } from "../services/record_services.ts";
import { sharedServices } from "../services/shared_services.ts";
import { typedNumber } from "../util/callable_number.ts";
import { AppError, messageOf } from "../util/errors.ts";
import { toIsoTime } from "../util/iso_time.ts";
import { SystemClock } from "../util/system_clock.ts";
import { EXIT, failure, parseCommand, wrongUsage } from "./arguments.ts";

/** Records read in one go. */
const AT_ONCE = 100;
/** Without it, Excel takes a table for one in the code page of its country: "MÃ¼ller". */
const UTF8_MARK = "\ufeff";
/** The variables that say where records are. */
const NEEDED = ["dataDir", "mongodbUri"] as const;

const HELP = `Usage: slimline records [OPTIONS]

Writes the records of calls to standard output, newest first, straight from where they are kept: the server need not run.

  --business ID      those of one business
  --since TIME       calls that began then or later: 2026-11-22, or 2026-11-22T18:30:00Z
  --until TIME       calls that began before then
  --number NUMBER    calls from or to it, with its country: +15550100001
  --reason REASON    such as message_left
  --search WORDS     calls in whose talk each of the words stands
  --format FORMAT    jsonl: whole records, a line each (the default); csv: a table without the talk

DATA_DIR and MONGODB_URI are read from the environment.
Exit codes: 0 done, 1 the records cannot be read, 2 wrong usage or configuration.`;

const OPTIONS = {
  business: { type: "string" },
  since: { type: "string" },
  until: { type: "string" },
  number: { type: "string" },
  reason: { type: "string" },
  search: { type: "string" },
  format: { type: "string", default: "jsonl" },
} as const;

/** The columns of the table. */
const COLUMNS: Readonly<
  Record<string, (record: CallRecord) => string | number | boolean | null | undefined>
> = {
  callSid: (record) => record.callSid,
  business: (record) => record.business,
  direction: (record) => record.direction,
  from: (record) => record.from,
  to: (record) => record.to,
  startedAt: (record) => record.startedAt,
  endedAt: (record) => record.endedAt,
  durationMs: (record) => record.durationMs,
  streams: (record) => record.streams,
  reason: (record) => record.reason,
  isPartial: (record) => record.isPartial,
  costUsd: (record) => record.costUsd,
  error: (record) => record.error,
  treatmentWhy: (record) => record.treatment?.why,
  treatmentGot: (record) => record.treatment?.got,
  messageDurationMs: (record) => record.message?.durationMs,
  recordingUrl: (record) => record.message?.recordingUrl,
  recording: (record) => record.message?.recording,
  messageTranscript: (record) => record.message?.transcript,
};

/** What the table, or each line, is made of. */
type Format = "csv" | "jsonl";

/**
 * `slimline records`: exports the records of calls.
 *
 * @param env values by variable name; default the process's
 */
export async function records(argv: string[], env: LoadOptions["env"] = readEnvironment()): Promise<number> {
  const parsed = parseCommand({ command: "records", args: argv, options: OPTIONS }, HELP);
  if (typeof parsed === "number") return parsed;
  const { business, number, reason, search: text, format, ...times } = parsed.values;
  if (format !== "csv" && format !== "jsonl") return wrongUsage("records", "--format is csv or jsonl.");
  const [since, until] = [times.since, times.until].map((text) =>
    text === undefined ? undefined : toIsoTime(text)
  );
  if ((times.since !== undefined && !since) || (times.until !== undefined && !until)) {
    return wrongUsage("records", "A time is written 2026-11-22 or 2026-11-22T18:30:00Z.");
  }
  const { raw, problems } = readFields(env);
  const wrong = problems.filter((problem) => NEEDED.some((name) => FIELDS[name].env === problem.env));
  if (wrong.length > 0) {
    console.error(wrong.map(configProblemLine).join("\n"));
    return EXIT.usage;
  }
  const query = { business, since, until, number: number && typedNumber(number), reason, text };
  try {
    await write(raw as RawConfig, { ...query, limit: AT_ONCE }, format);
    return EXIT.good;
  } catch (error) {
    if (error instanceof AppError) return failure(error);
    console.error(`The records cannot be read: ${messageOf(error)}`);
    return EXIT.failed;
  }
}

/** Writes all that a query finds to standard output, page by page. */
async function write(config: RawConfig, query: RecordQuery, format: Format): Promise<void> {
  const [clock, log] = [new SystemClock(), createLog()];
  await using services = sharedServices(config, clock, log);
  const { registry, mongo } = services;
  using lease = await registry.acquire(recordStoreKind({ config, registry, mongo, clock }));
  const { store } = lease.service;
  const isTerminal = Deno.stdout.isTerminal();
  if (format === "csv") console.log((isTerminal ? "" : UTF8_MARK) + Object.keys(COLUMNS).join(","));
  let after: RecordPosition | undefined;
  do {
    const page = await store.list?.({ ...query, after });
    for (const record of page?.records ?? []) {
      // A table may be read by anything; on a terminal, callers' words shall do nothing.
      const line = format === "csv" ? csvLine(record) : escapeUnsafe(JSON.stringify(record));
      console.log(isTerminal ? escapeLines(line) : line);
    }
    after = page?.next;
  } while (after);
}

function csvLine(record: CallRecord): string {
  return Object.values(COLUMNS).map((column) => csvCell(String(column(record) ?? ""))).join(",");
}

/**
 * RFC 4180. What a spreadsheet would run as a formula is made text; a plus before digits is a telephone
 * number. Spreadsheets of many countries take semicolons for what divides the cells, and tabs: what follows
 * these is treated as the beginning of a cell.
 */
function csvCell(text: string): string {
  const safe = (/^[=@\t\r-]|^\+(?!\d+$)/.test(text) ? `'${text}` : text)
    .replace(/([;\t][\s"']*)(?=[=@+-])/g, "$1'");
  return /[",;\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
