/**
 * Slimline as a library: a telephone voice agent server between Twilio Media Streams and the OpenAI Realtime
 * API, as a request handler for `Deno.serve`. {@link createServer} is where to begin; `examples/` shows it at
 * work. Emulators and simulated callers for your own tests are in `slimline/lab`.
 *
 * @module
 */
export { createServer } from "./app/create_server.ts";
export type { ConnectionInfo, Server, ServerOptions } from "./app/create_server.ts";
export {
  type Config,
  ConfigError,
  type ConfigProblem,
  loadConfig,
  type LoadOptions,
} from "./config/config.ts";
export type { BusinessPlace } from "./config/variable_kinds.ts";
export type { ServerConfig } from "./config/server_config.ts";
export type { Business, TransferTarget } from "./businesses/business.ts";
export type { BusinessDescription } from "./businesses/described_businesses.ts";
export { BusinessesError } from "./businesses/live_businesses.ts";
export type { BusinessProblem } from "./businesses/problem.ts";
export { defineTool } from "./call/tools/define_tool.ts";
export type { Argument, ArgumentSchema, ArgumentsSchema, ToolDefinition } from "./call/tools/define_tool.ts";
export type { CallExit } from "./carrier/carrier.ts";
export type { TakenMessage, Tool, ToolContext, ToolControl, ToolResult } from "./call/tools/tool.ts";
export type {
  CallRecord,
  RecordAudio,
  RecordEntry,
  RecordFigures,
  RecordLatency,
  RecordMessage,
  RecordTreatment,
  RecordUsage,
} from "./records/call_record.ts";
export type { HourFigures } from "./records/hour_figures.ts";
export {
  mergeRecords,
  type RecordPage,
  type RecordPosition,
  type RecordQuery,
  RecordRefusedError,
  type RecordStore,
  type Spent,
} from "./records/record_store.ts";
export type {
  Chunk,
  EmbeddedChunk,
  Hit,
  KnowledgeSize,
  KnowledgeStore,
  OpenKnowledgeStore,
} from "./knowledge/knowledge_store.ts";
export type { LogAttributes, LogFormat, LogLevel, LogSink } from "./observability/log.ts";
export { AppError, type AppErrorOptions } from "./util/errors.ts";
