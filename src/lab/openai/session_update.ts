import { ProtocolError } from "./protocol_error.ts";
import { mergeConfig, type SessionConfig, type SessionPatch } from "./session_config.ts";

/**
 * The configuration after a `session.update` whose fields are checked already.
 *
 * @param hasSpoken audio of the assistant was sent in this session
 * @throws {ProtocolError} for what cannot be changed: the model, tracing once it is on, the voice once it was heard
 */
export function updatedConfig(config: SessionConfig, patch: SessionPatch, hasSpoken: boolean): SessionConfig {
  const next = mergeConfig(config, patch);
  if (next.model !== config.model) {
    throw new ProtocolError("invalid_value", "The model of a session cannot be changed.", "session.model");
  }
  if (config.tracing !== null && JSON.stringify(next.tracing) !== JSON.stringify(config.tracing)) {
    throw new ProtocolError(
      "invalid_value",
      "Tracing cannot be changed once it is enabled.",
      "session.tracing",
    );
  }
  const isOtherVoice = JSON.stringify(next.audio.output.voice) !== JSON.stringify(config.audio.output.voice);
  if (hasSpoken && isOtherVoice) {
    throw new ProtocolError(
      "cannot_update_voice",
      "Cannot update a conversation's voice if assistant audio is present.",
      "session.audio.output.voice",
    );
  }
  return next;
}
