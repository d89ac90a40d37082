// All errors of audio/, with their codes.

import { AppError } from "../util/errors.ts";

/** `audio_bad_base64`: a message's audio cannot be decoded. The audio itself stays out of the message. */
export function badBase64(cause?: unknown): AppError {
  return new AppError("audio_bad_base64", "Audio must come as padded base64 without white space.", { cause });
}

/** `audio_payload_too_long`: more at once than there is room for. */
export function payloadTooLong(givenBytes: number, maxBytes: number): AppError {
  return new AppError(
    "audio_payload_too_long",
    `Got ${givenBytes} bytes of audio at once: at most ${maxBytes}.`,
  );
}

/** `audio_slot_closed`: use of a call's audio state before it was opened or after it was released. */
export function slotClosed(): AppError {
  return new AppError("audio_slot_closed", "The audio state of this call is not open.");
}

/** `audio_kernel_full`: no memory for one more call. */
export function kernelFull(openSlots: number): AppError {
  return new AppError("audio_kernel_full", `The audio kernel has no memory for call ${openSlots + 1}.`);
}
