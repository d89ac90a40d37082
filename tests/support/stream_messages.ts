// Messages of a Twilio media stream, as text in the very order of keys that Twilio uses.

export const STREAM_SID = "MZ0123456789abcdef0123456789abcdef";
export const CALL_SID = "CA0123456789abcdef0123456789abcdef";
export const ACCOUNT_SID = "AC0123456789abcdef0123456789abcdef";

/** Base64 of one frame: 160 bytes of mu-law silence, 20 ms. */
export const FRAME = btoa("\xff".repeat(160));
export const FRAME_MS = 20;

export const CONNECTED = `{"event":"connected","protocol":"Call","version":"1.0.0"}`;

export function startText(callSid = CALL_SID): string {
  return JSON.stringify({
    event: "start",
    sequenceNumber: "1",
    start: {
      accountSid: ACCOUNT_SID,
      streamSid: STREAM_SID,
      callSid,
      tracks: ["inbound"],
      mediaFormat: { encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1 },
      customParameters: {},
    },
    streamSid: STREAM_SID,
  });
}

export function mediaText(timestampMs: number, payload = FRAME, streamSid = STREAM_SID): string {
  return `{"event":"media","sequenceNumber":"4","media":{"track":"inbound","chunk":"2","timestamp":"${timestampMs}",` +
    `"payload":"${payload}"},"streamSid":"${streamSid}"}`;
}

export function dtmfText(digit: string): string {
  return `{"event":"dtmf","streamSid":"${STREAM_SID}","sequenceNumber":"5",` +
    `"dtmf":{"track":"inbound_track","digit":"${digit}"}}`;
}

export function markText(name: string, streamSid = STREAM_SID): string {
  return `{"event":"mark","sequenceNumber":"4","streamSid":"${streamSid}","mark":{"name":"${name}"}}`;
}

export function stopText(): string {
  return `{"event":"stop","sequenceNumber":"5","stop":{"accountSid":"${ACCOUNT_SID}","callSid":"${CALL_SID}"},` +
    `"streamSid":"${STREAM_SID}"}`;
}
