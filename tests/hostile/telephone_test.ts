import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { MAX_LINES } from "../../src/lab/telephone/browser_telephone.ts";
import { eventually } from "../support/eventually.ts";
import { frame, openSocket } from "../support/http_attacker.ts";
import { PageLine } from "../support/page_line.ts";
import { processFigures } from "../support/process_figures.ts";
import { OPERATORS_TOKEN, ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** What a page may have that does not read: what waits for it, and the server's own garbage. */
const MAX_UNREAD_BYTES = 24 * 2 ** 20;
const PINGS = 1_000_000;
const PINGS_AT_ONCE = 1_000;

const AUTHORIZATION = { authorization: `Bearer ${OPERATORS_TOKEN}` };

/** A server that has a business to be called. */
async function withServer(attack: (origin: string, server: ServeProcess) => Promise<void>): Promise<void> {
  using folder = new TempFolder();
  const acme = { name: "Acme", numbers: ["+15550100100"], instructions: "Be brief.", holdWords: [] };
  await Deno.writeTextFile(`${folder.path}/acme.json`, JSON.stringify(acme));
  await using model = new EmulatedRealtimeApi();
  const { server, port } = await ServeProcess.start({
    folder: folder.path,
    flags: [],
    env: {
      HOST: "127.0.0.1",
      TWILIO_AUTH_TOKEN: "a test's auth token",
      PUBLIC_URL: "https://voice.example.com",
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: model.url,
      DATA_DIR: folder.path,
    },
  });
  await using _ = server;
  await attack(`http://127.0.0.1:${port}`, server);
}

Deno.test("A line of the telephone that was refused places no call, and keeps nobody from the lines there are", async () => {
  await withServer(async (origin, server) => {
    for (let index = 0; index < 2 * MAX_LINES; index++) {
      const line = await PageLine.open(origin, AUTHORIZATION);
      if (index % 3 === 0) line.send("{ not json");
      else if (index % 3 === 1) line.send(new Uint8Array(7));
      else line.call("\u20ac".repeat(64)); // more bytes than a close may say
      line.call("acme"); // before the close arrives
      await line.closed;
    }
    const honest = await PageLine.open(origin, AUTHORIZATION);
    honest.call("acme");
    const callSid = await honest.placed;
    await eventually("the honest call is on", () => server.log.includes(`"call":"${callSid}"`));
    honest.hangUp();
    await honest.over;
    const called = new Set(server.log.match(/CA[0-9a-f]{32}/g));
    assert.deepEqual([...called], [callSid]);
  });
});

Deno.test("Nobody has a line of the telephone without being an operator, or for a page of another site", async () => {
  await withServer(async (origin) => {
    const attempts: [headers: Record<string, string>, status: number][] = [
      [{}, 401],
      [{ authorization: "Bearer guessed" }, 401],
      [{ cookie: `slimline_operator=${crypto.randomUUID()}.${"0".repeat(64)}` }, 401],
      [{ ...AUTHORIZATION, origin: "https://evil.example" }, 403],
      [{ ...AUTHORIZATION, origin: "null" }, 403],
      [{ ...AUTHORIZATION, origin: origin.replace(/\d+$/, "1") }, 403],
    ];
    for (const [headers, status] of attempts) {
      await assert.rejects(
        PageLine.open(origin, headers),
        new RegExp(`\\b${status}\\b`),
        JSON.stringify(headers),
      );
    }
  });
});

Deno.test("A page that asks on and on and reads none of the answers costs no more memory than one that listens", async () => {
  await withServer(async (origin, server) => {
    const port = Number(new URL(origin).port);
    const authorization = `Authorization: ${AUTHORIZATION.authorization}`;
    const { conn, status } = await openSocket(port, "/dashboard/telephone/line", [authorization]);
    using _ = conn;
    assert.equal(status, 101);
    const rss = async () => (await processFigures(server.pid, port)).rssBytes;
    const beforeBytes = await rss();
    const call = { event: "call", business: "acme", from: "client:browser", delayMs: 0 };
    await conn.write(frame(1, JSON.stringify(call)));
    const ping = frame(1, JSON.stringify({ event: "ping", atMs: 1 / 3 }));
    const pings = new Uint8Array(ping.length * PINGS_AT_ONCE);
    for (let at = 0; at < pings.length; at += ping.length) pings.set(ping, at);
    let mostBytes = 0;
    try {
      for (let sent = 0; sent < PINGS; sent += PINGS_AT_ONCE) {
        for (let at = 0; at < pings.length;) at += await conn.write(pings.subarray(at));
        if (sent % 50_000 === 0) mostBytes = Math.max(mostBytes, await rss() - beforeBytes);
      }
    } catch {
      // it was cut off
    }
    mostBytes = Math.max(mostBytes, await rss() - beforeBytes);
    if (Deno.args.includes("--show")) console.log(`${mostBytes >> 20} MB`);
    assert.ok(mostBytes <= MAX_UNREAD_BYTES, `${mostBytes} bytes`);
  });
});
