import assert from "node:assert/strict";
import { cpuMs, frame, openSocket } from "../support/http_attacker.ts";
import { eventually } from "../support/eventually.ts";
import { ACCOUNT_SID } from "../support/server_rig.ts";
import { dtmfText, startText } from "../support/stream_messages.ts";
import { HostileRig } from "./hostile_rig.ts";

/** What a message may cost that no telephone company sends, however long and deep it is. */
const MAX_MESSAGE_MS = 1;
const MESSAGES = 300;
/** Longer ones end the stream. */
const LONGEST_CHARS = 8_192;

const KEYS = 2_000;
/** Answers that keys may lead to: a greeting, and one for each entry that is taken. */
const MAX_RESPONSES = 6;

/** A stream that whoever has the auth token opens, and says that it begins. */
async function opened(rig: HostileRig): Promise<Deno.TcpConn> {
  const { freshStream } = await rig.target();
  const stream = await freshStream();
  assert.ok(stream);
  const { conn, status } = await openSocket(rig.port, ...stream);
  assert.equal(status, 101);
  const callSid = `CA${"1".padStart(32, "b")}`;
  await conn.write(frame(1, startText(callSid).replace(/AC[0-9a-f]{32}/, ACCOUNT_SID)));
  await eventually(
    "the call is on",
    () => rig.server.log.includes(`"event":"call_started","call":"${callSid}"`),
    10_000,
  );
  return conn;
}

/** An event that nobody knows, of so many brackets within brackets. */
function nested(chars: number): string {
  const deep = chars / 2 - 20;
  return `{"event":"x","a":${"[".repeat(deep)}${"]".repeat(deep)}}`;
}

async function send(conn: Deno.Conn, text: string, times: number): Promise<void> {
  const bytes = frame(1, text);
  try {
    for (let sent = 0; sent < times; sent++) {
      for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
    }
  } catch {
    // the server has closed it
  }
}

Deno.test("a message over a signed stream costs less than a millisecond, however long and deep it is", async () => {
  for (const chars of [LONGEST_CHARS, 60_000]) {
    await using rig = await HostileRig.start();
    using conn = await opened(rig);
    const beforeMs = await cpuMs(rig.server.pid);
    await send(conn, nested(chars), MESSAGES);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const ms = (await cpuMs(rig.server.pid) - beforeMs) / MESSAGES;
    assert.ok(ms < MAX_MESSAGE_MS, `${ms} ms for ${chars} characters`);
  }
});

Deno.test("keys that come faster than a telephone sends them make the model answer no more than a few times", async () => {
  await using rig = await HostileRig.start();
  using conn = await opened(rig);
  for (let sent = 0; sent < KEYS; sent += 100) {
    await send(conn, dtmfText("5"), 100);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const responses = rig.emulator.sessions.flatMap(({ record }) => record.responses);
  assert.ok(responses.length <= MAX_RESPONSES, `${responses.length} answers`);
});
