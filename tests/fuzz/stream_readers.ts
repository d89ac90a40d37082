import assert from "node:assert/strict";
import { MediaScan } from "../../src/carrier/twilio/media_scan.ts";
import { parseInbound } from "../../src/carrier/twilio/stream_protocol.ts";
import {
  CONNECTED,
  dtmfText,
  markText,
  mediaText,
  startText,
  stopText,
  STREAM_SID,
} from "../support/stream_messages.ts";
import { settle } from "../support/microtasks.ts";
import { NOTHING, RecordingHandler, StreamRig } from "../support/stream_rig.ts";
import { fuzzed, NEVER } from "./fuzzed.ts";
import { mutatedJson, mutatedText } from "./mutate.ts";
import type { Random } from "./random.ts";

const MESSAGES = [
  CONNECTED,
  startText(),
  mediaText(20),
  mediaText(40),
  mediaText(60, ""),
  dtmfText("#"),
  markText("a1"),
  stopText(),
];
const EVENTS = MESSAGES.map((text) => JSON.parse(text));
const MOST_MESSAGES = 60;

const message = (random: Random) =>
  random.oneIn(2) ? mutatedText(random, MESSAGES) : mutatedJson(random, EVENTS);

/** What Twilio sends, or somebody in its place. */
export const STREAM_READERS = {
  "a message of a media stream": () => {
    const scan = new MediaScan(STREAM_SID);
    return fuzzed<string>({
      make: message,
      read: (text) => {
        if (scan.matches(text) && !/[\p{Cc}]/u.test(text)) {
          // Whatever the scan takes, the parser takes too, and finds the same in it.
          const { media, streamSid } = JSON.parse(text);
          assert.equal(streamSid, STREAM_SID);
          assert.equal(text.slice(scan.payloadStart, scan.payloadEnd), media.payload);
          assert.equal(scan.timestampMs, Number(media.timestamp));
        }
        parseInbound(text);
      },
      isDeclared: (error) => error instanceof SyntaxError,
    });
  },
  "a whole media stream": () =>
    fuzzed<(string | Uint8Array<ArrayBuffer> | number)[]>({
      make: (random) =>
        Array.from({ length: 1 + random.int(MOST_MESSAGES) }, () => {
          if (random.oneIn(200)) return new Uint8Array(random.int(300));
          if (random.oneIn(10)) return random.int(20_000);
          return random.oneIn(2) ? random.pick(MESSAGES) : message(random);
        }),
      read: async (messages) => {
        const handler = new RecordingHandler();
        const rig = new StreamRig(handler, () => Promise.resolve(handler));
        rig.socket.deliver(CONNECTED);
        rig.socket.deliver(startText());
        await settle();
        for (const message of messages) {
          if (typeof message === "number") rig.clock.advance(message);
          else if (rig.socket.readyState === WebSocket.OPEN) rig.socket.deliver(message);
        }
        await settle();
        assert.deepEqual(rig.errors, []);
        const ends = handler.told.filter((told) => told.startsWith("end "));
        assert.ok(ends.length <= 1, `${ends}`);
        if (ends.length === 1) assert.deepEqual({ ...rig.holds, listeners: 0 }, NOTHING);
      },
      isDeclared: NEVER,
    }),
};
