import assert from "node:assert/strict";
import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { BridgeRig } from "../support/bridge_rig.ts";
import { streamOf } from "../support/stream_of_call.ts";
import { sideBySide } from "../support/side_by_side.ts";
import { eventually } from "../support/eventually.ts";

const test = sideBySide("ill-behaved clients over real sockets");

/** Of a signature's form, and made with no token. */
const MADE_UP = `x-twilio-signature: ${"A".repeat(27)}=`;
const KEY = "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==";
const UPGRADE = ["connection: Upgrade", "upgrade: websocket", "sec-websocket-version: 13", KEY];

/** Sends `text` as it is, and gives the status line of the answer; empty when the connection was closed without one. */
async function statusLine(rig: BridgeRig, text: string): Promise<string> {
  const { hostname, port } = new URL(rig.line.server);
  using conn = await Deno.connect({ hostname, port: Number(port) });
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer) ?? 0;
  return new TextDecoder().decode(buffer.subarray(0, count)).split("\r\n")[0];
}

function head(target: string, headers: readonly string[], method = "GET"): string {
  return `${[`${method} ${target} HTTP/1.1`, ...headers].join("\r\n")}\r\n\r\n`;
}

/** A server takes a call from beginning to end. */
async function takesACall(rig: BridgeRig): Promise<void> {
  const caller = rig.caller();
  const report = caller.place();
  await eventually("the call is answered", () => caller.player.receivedBytes > 0);
  caller.hangUp();
  assert.deepEqual((await report).problems, []);
}

/** Requests that no proper client sends, and how each is answered. None reaches a handler. */
const REQUESTS: Record<string, [request: string, status: number]> = {
  "a Host header that is no host": [head("/healthz", ["Host: a b{}<>"]), 400],
  "a Host header that is half an address": [head("/healthz", ["Host: [::"]), 400],
  "a target that is no path": [head("*", ["Host: x"], "OPTIONS"), 404],
  "another origin's target": [head("http://elsewhere.test/nothing", ["Host: x"]), 404],
  "two lengths": [
    head("/voice", ["Host: x", "Content-Length: 4", "Content-Length: 5"], "POST") + "abcde",
    400,
  ],
  "a length beside chunks": [
    head("/voice", ["Host: x", "Content-Length: 4", "Transfer-Encoding: chunked"], "POST") +
    `0\r\n\r\n${head("/memory", ["Host: x"])}`,
    400,
  ],
  "an unknown transfer encoding": [head("/voice", ["Host: x", "Transfer-Encoding: xchunked"], "POST"), 400],
  "a megabyte of headers": [head("/healthz", ["Host: x", `X: ${"a".repeat(1024 * 1024)}`]), 400],
  "a form of a megabyte": [
    head("/voice", ["Host: x", "Content-Length: 1048576", MADE_UP], "POST") + "a=".repeat(512 * 1024),
    413,
  ],
  "a webhook as JSON": [head("/voice", ["Host: x", "Content-Length: 2"], "POST") + "{}", 400],
  "an upgrade that nobody signed": [head("/media/stream/token", ["Host: x", ...UPGRADE]), 403],
  "an upgrade without a token": [head("/media/stream", ["Host: x", ...UPGRADE]), 404],
  "a stream that is no upgrade": [head("/media/stream/token", ["Host: x"]), 426],
  "an address without end": [head(`/healthz?${"a".repeat(20_000)}`, ["Host: x"]), 414],
};

test("requests that no proper client sends are answered with what is wrong, and calls are taken after them", async () => {
  await using rig = await BridgeRig.start();
  for (const [what, [request, status]] of Object.entries(REQUESTS)) {
    assert.match(await statusLine(rig, request), new RegExp(`^HTTP/1.1 ${status} `), what);
  }
  assert.deepEqual(rig.log.events.filter(({ event }) => event === "request_failed"), []);
  await takesACall(rig);
});

test("a signed upgrade that lacks one of its headers is refused, and so is a signature of another URL", async () => {
  await using rig = await BridgeRig.start();
  const signer = new TwilioSigner(rig.line.authToken);
  for (const missing of ["connection: Upgrade", KEY]) {
    const stream = await streamOf(rig, rig.caller());
    const signed = ["Host: x", `x-twilio-signature: ${await signer.sign(stream)}`];
    const rest = UPGRADE.filter((header) => header !== missing);
    assert.match(
      await statusLine(rig, head(new URL(stream).pathname, [...signed, ...rest])),
      / 400 /,
      missing,
    );
  }
  const { pathname } = new URL(await streamOf(rig, rig.caller()));
  for (const url of ["https://bridge.test/voice", "wss://bridge.test/media/stream"]) {
    const other = `x-twilio-signature: ${await signer.sign(url)}`;
    assert.match(await statusLine(rig, head(pathname, ["Host: x", other, ...UPGRADE])), / 403 /);
  }
  assert.deepEqual(rig.log.events.filter(({ event }) => event === "request_failed"), []);
  await takesACall(rig);
});
