import type { Log } from "../observability/log.ts";
import { type Handler, textResponse } from "./router.ts";
import { withinReach } from "./operator_handlers.ts";

/** `/records/CALLSID/recording`, whatever is before it. */
const CALL_IN_PATH = /\/([^/]{1,64})\/recording$/;

/**
 * `GET /records/CALLSID/recording`: the recording of the message that was left in a call, as a WAV file, or
 * the part of it that `Range` names (RFC 9110, one range of bytes); 404 where none is kept.
 *
 * @param find rejects when recordings cannot be reached
 */
export function recordingAudio(
  find: (callSid: string) => Promise<Uint8Array<ArrayBuffer> | undefined>,
  log: Log,
): Handler {
  return withinReach(log, async (request) => {
    const wav = await find(CALL_IN_PATH.exec(new URL(request.url).pathname)?.[1] ?? "");
    if (!wav) return textResponse(404, "There is no recording of this call.");
    const headers = {
      "content-type": "audio/wav",
      "accept-ranges": "bytes",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    };
    const range = readByteRange(request.headers.get("range"), wav.length);
    if (range === undefined) return new Response(wav, { headers });
    if (range === "unsatisfiable") {
      return textResponse(416, "There are no such bytes.", { "content-range": `bytes */${wav.length}` });
    }
    const { from, to } = range;
    return new Response(wav.subarray(from, to + 1), {
      status: 206,
      headers: { ...headers, "content-range": `bytes ${from}-${to}/${wav.length}` },
    });
  });
}

/**
 * The bytes that a `Range` names, both ends included; undefined for all, also where it is of a form that
 * need not be understood, such as several ranges. Source: RFC 9110, section 14.
 */
export function readByteRange(
  header: string | null,
  length: number,
): { from: number; to: number } | "unsatisfiable" | undefined {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(header?.trim() ?? "") ?? [];
  if (first === undefined || (first === "" && last === "")) return undefined;
  if (first === "") {
    const suffix = Math.min(Number(last), length);
    return suffix === 0 ? "unsatisfiable" : { from: length - suffix, to: length - 1 };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined;
  if (from >= length) return "unsatisfiable";
  return { from, to: last === "" ? length - 1 : Math.min(Number(last), length - 1) };
}
