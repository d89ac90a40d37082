/**
 * What your own tests need to call a server without an account: a Realtime API and a Twilio API that are
 * emulated on this machine, and callers who are simulated down to the frame. The emulators share no code with
 * the server but what signs, codes and decodes, so that both do not make the same mistake.
 *
 * Times are milliseconds of the clock that is passed in, unless a name says otherwise; audio on the line is
 * G.711 mu-law at 8 kHz.
 *
 * @example A call through a server on port 8080 whose OPENAI_REALTIME_URL is ws://127.0.0.1:9090/v1/realtime
 * ```ts
 * import {
 *   CallerSpeech,
 *   EmulatedRealtimeApi,
 *   scriptedAgent,
 *   SimulatedCaller,
 *   SystemClock,
 * } from "slimline/lab";
 *
 * const clock = new SystemClock();
 * const agent = scriptedAgent([
 *   { on: "greeting", say: { toneMs: 500, transcript: "Hello!" } },
 *   { on: "turn", say: { toneMs: 800, transcript: "We are open until six." } },
 * ]);
 * await using model = new EmulatedRealtimeApi({ clock, port: 9090, agent });
 * const caller = new SimulatedCaller({
 *   line: {
 *     clock,
 *     server: "http://127.0.0.1:8080",
 *     publicUrl: "https://voice.example.com",
 *     accountSid: "AC…",
 *     authToken: "as the server has it",
 *   },
 * });
 * const over = caller.place();
 * await caller.until(() => caller.player.receivedBytes > 0, 5_000);
 * caller.speech.say(CallerSpeech.tone(440, 1_000));
 * const session = await model.session(1);
 * const { responses } = session.record;
 * await session.until(() => responses.filter(({ status }) => status === "completed").length === 2);
 * caller.hangUp();
 * const { problems } = await over; // empty for a good call
 * ```
 *
 * @module
 */

export type { Clock, Timer } from "../util/clock.ts";
export { SystemClock } from "../util/system_clock.ts";
export { AppError, type AppErrorOptions } from "../util/errors.ts";

// The emulated Realtime API, and who answers there.
export { EmulatedRealtimeApi, type EmulatedRealtimeApiOptions } from "./openai/emulated_realtime_api.ts";
export type { EmulatedRealtimeApiStats } from "./openai/totals.ts";
export type { EmulatedSession } from "./openai/emulated_session.ts";
export type {
  ErrorRecord,
  ReceivedEvent,
  ResponseRecord,
  SentAudio,
  SessionRecord,
  TruncationRecord,
  TurnRecord,
} from "./openai/session_record.ts";
export type { EmulatedClientEvent } from "./openai/client_event_schema.ts";
export type { SocketEnd } from "./openai/wire/server_socket.ts";
export type {
  FormatConfig,
  SemanticVadConfig,
  ServerVadConfig,
  SessionConfig,
  ToolConfig,
  TurnDetectionConfig,
} from "./openai/session_config.ts";
export type {
  Agent,
  AgentFactory,
  AgentFunctionCall,
  AgentMcpCall,
  AgentOutput,
  AgentRequest,
  AgentSpeech,
  Trigger,
} from "./openai/agent.ts";
export type { HeardAudio } from "./openai/input_buffer.ts";
export type {
  ContentPart,
  EmulatedMcpCallItem,
  FunctionCallItem,
  FunctionCallOutputItem,
  Item,
  ItemBase,
  ItemStatus,
  McpApprovalItem,
  McpListToolsItem,
  McpTool,
  MessageItem,
} from "./openai/items.ts";
export { echoAgent, type EchoAgentOptions } from "./openai/agents/echo_agent.ts";
export {
  scriptedAgent,
  type ScriptedAgentOptions,
  type ScriptedReply,
  type ScriptedSpeech,
} from "./openai/agents/scripted_agent.ts";
export {
  type AgentScript,
  type AgentScriptCall,
  AgentScriptError,
  type AgentScriptLine,
  type AgentScriptMcpCall,
  type AgentScriptReply,
  parseAgentScript,
} from "./openai/agents/agent_script.ts";
export { type LoadedClip, scriptAgent } from "./openai/agents/script_agent.ts";
export { toneAgent } from "./openai/agents/tone_agent.ts";
export { AgentClip, type Delta } from "./openai/audio/agent_clip.ts";
export type { WireCodecType } from "./openai/audio/wire_codec.ts";
export { spokenTones, tone, type ToneOptions } from "./openai/audio/tone.ts";
export { spokenText } from "./openai/audio/heard_words.ts";
export { type KeyPairPem, selfSigned } from "./openai/wire/self_signed.ts";
export type {
  Failure,
  FailureScript,
  LifeFailure,
  ModelFailure,
  Numbers,
  Point,
  PointAction,
  PointFailure,
  TranscriptionOrder,
  UpgradeFailure,
} from "./openai/failures/failure_script.ts";
export {
  EmulatedTranscriptionApi,
  type EmulatedTranscriptionApiOptions,
  type TranscriptionRequest,
} from "./openai/emulated_transcription_api.ts";

// The emulated Twilio API.
export {
  EmulatedTwilioApi,
  type EmulatedTwilioApiOptions,
  type OutboundRequest,
  type RestFailure,
  type RestRequest,
} from "./twilio/emulated_twilio_api.ts";
export type { EmulatedNumber, EmulatedNumbers } from "./twilio/emulated_numbers.ts";
export { CallRegistry, type CallUpdate, type EmulatedCall } from "./twilio/emulated_call.ts";
export { EmulatedRecordings, type RecordingFailure } from "./twilio/emulated_recordings.ts";
export type { TwimlSource } from "./twilio/twiml_documents.ts";
export type { Link } from "./twilio/parse_twiml.ts";

// Simulated callers, and those who are called.
export { SimulatedCaller, type SimulatedCallerOptions } from "./twilio/simulated_caller.ts";
export {
  SimulatedOutboundCall,
  type SimulatedOutboundCallOptions,
} from "./twilio/simulated_outbound_call.ts";
export type { Line } from "./twilio/line.ts";
export type { Handset, HandsetLine } from "./twilio/handset.ts";
export type { NetworkOptions } from "./twilio/network.ts";
export { CallerSpeech } from "./twilio/caller_speech.ts";
export type { SpeechSource } from "./twilio/speech_source.ts";
export type { Arrival, Clear, Player, PlayerMark, PlayerOptions, Run } from "./twilio/player.ts";
export type { StatusEvent } from "./twilio/status_callbacks.ts";
export type { CallEvent, CallReport, CallStatus, Dialled, DialStatus } from "./twilio/call_report.ts";
export { DialledParty, type DialOutcome } from "./twilio/dialled_party.ts";
export type { CallerHangUp, MediaLegEnd, Problem } from "./twilio/media_leg.ts";
export type { CloseInfo } from "./twilio/web_socket_client.ts";

// Sound: of files, and what was heard.
export { decodeWav, encodeWav, readLineWav, type WavClip, WavError } from "../audio/wav.ts";
export { hasTone } from "./call/tone_detector.ts";
