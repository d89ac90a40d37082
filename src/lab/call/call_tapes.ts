import { MULAW_SILENCE } from "../../audio/mulaw.ts";
import { muLawDecode } from "../../audio/mulaw_buffers.ts";
import { encodeStereoWav } from "../../audio/wav.ts";
import type { SimulatedCaller } from "../twilio/simulated_caller.ts";

/** A sound file of one end of a call: on the left what it says, on the right what it hears. */
export interface EndTape {
  /** `call-1.wav`, and `call-1-dialled-1.wav` of whom it was put through to. */
  name: string;
  bytes: Uint8Array<ArrayBuffer>;
}

/**
 * What was said and heard at both ends of a call, from its answer on. None of a call that was not answered.
 *
 * @param number counts calls from 1
 */
export function callTapes(caller: SimulatedCaller, number: number, nowMs: number): EndTape[] {
  const startMs = caller.answeredMs;
  if (startMs === undefined) return [];
  const heard = overlaid(
    caller.player.recording(startMs, nowMs),
    caller.offStream.recording(startMs, nowMs),
  );
  const tape = { name: `call-${number}.wav`, bytes: stereo(caller.speech.recording(startMs, nowMs), heard) };
  const others = caller.parties.map(({ speech, player, answeredMs }, index) => ({
    name: `call-${number}-dialled-${index + 1}.wav`,
    bytes: stereo(speech.recording(answeredMs, nowMs), player.recording(answeredMs, nowMs)),
  }));
  return [tape, ...others];
}

/** Writes the tapes of a call into a folder. */
export async function writeTapes(
  folder: string,
  caller: SimulatedCaller,
  number: number,
  nowMs: number,
): Promise<void> {
  for (const { name, bytes } of callTapes(caller, number, nowMs)) {
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
}

/** Two ways of hearing, of which one is silent while the other is not. */
function overlaid(tape: Uint8Array, other: Uint8Array): Uint8Array {
  return tape.map((byte, at) => byte === MULAW_SILENCE ? other[at] ?? byte : byte);
}

function stereo(said: Uint8Array, heard: Uint8Array): Uint8Array<ArrayBuffer> {
  return encodeStereoWav(muLawDecode(said), muLawDecode(heard));
}
