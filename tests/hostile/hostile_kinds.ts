import { TwilioSigner } from "../../src/carrier/twilio/signature.ts";
import { StreamTokens } from "../../src/carrier/twilio/stream_token.ts";
import { frame, requestText, UPGRADE } from "../support/http_attacker.ts";
import { mediaText, startText } from "../support/stream_messages.ts";
import type { HostileSocket } from "./hostile_socket.ts";

/**
 * What ends a connection of some kind, before the attacker does:
 * - `server`: it does, at once;
 * - `proxy`: the time-outs of a proxy in front. The runtime has none: without a proxy the connection stays until the attacker
 *   closes it, or descriptors run short;
 * - `shield`: a proxy keeps the connection to itself. The server never sees it;
 * - `renewal`: a WebSocket whose peer does not let it close, which takes Twilio's signature and a fresh token to open. It is
 *   gone when the listener is renewed, as soon as no call is held.
 */
export type Ending = "server" | "proxy" | "shield" | "renewal";

/** One way to attack. */
export interface HostileKind {
  readonly endedBy: Ending;
  /** What it is answered at most. */
  readonly answer: RegExp;
  /** False: never reads what the server says. */
  readonly reads?: boolean;
  /** Does its worst over a fresh connection, and goes on until that is over. */
  run(socket: HostileSocket, target: HostileTarget): Promise<void>;
}

/** What attackers know of the server. Those who could learn its secrets use them. */
export interface HostileTarget {
  readonly publicUrl: string;
  readonly authToken: string;
  /** A signed webhook that somebody has seen: that of a call which is over. */
  readonly replayedVoice: string;
  /** The path of a stream that was opened before, and the headers with which it was. */
  readonly usedStream: readonly [path: string, headers: string[]];
  /** Asks for a stream as Twilio does: the path of a fresh one, and its signature; undefined when all lines are busy. */
  freshStream(): Promise<readonly [path: string, headers: string[]] | undefined>;
}

const FORM = "Content-Type: application/x-www-form-urlencoded";
const JSON_TYPE = "Content-Type: application/json";
/** Of a signature's form, and made with no token. */
const MADE_UP = `X-Twilio-Signature: ${"A".repeat(27)}=`;
const DRIP_MS = 300;

const pause = (ms = DRIP_MS) => new Promise((resolve) => setTimeout(resolve, ms));

const NOTHING = /^$/;
/** Where so many pieces come in one go, as on a machine that stood still, they are refused before their time is over. */
const CRUMBS = /^$|^HTTP\/1\.1 413 /;
const REFUSED = /^HTTP\/1\.1 4\d\d /;
const ANSWERED = /^HTTP\/1\.1 200 /;

/** Sends one request, and leaves it to the server to close. */
function asks(
  request: string | ((target: HostileTarget) => string | Promise<string>),
  answer = REFUSED,
): HostileKind {
  return {
    endedBy: "server",
    answer,
    run: async (socket, target) =>
      void await socket.send(typeof request === "string" ? request : await request(target)),
  };
}

/** Says something, then something small again and again. */
function drips(first: string, then: string, endedBy: Ending = "proxy", answer = NOTHING): HostileKind {
  return {
    endedBy,
    answer,
    run: async (socket) => {
      if (first) await socket.send(first);
      while (!socket.isOver) {
        await pause();
        if (then) await socket.send(then);
      }
    },
  };
}

function upgradeText(path: string, headers: readonly string[]): string {
  return requestText(path, { method: "GET", headers: [...UPGRADE, ...headers] })
    .replace("Connection: close", "Connection: Upgrade");
}

/** Asks for a stream that it must not get. */
function upgrades(
  makePath: (target: HostileTarget) => string | Promise<string>,
  isSigned: boolean,
): HostileKind {
  return asks(async (target) => {
    const path = await makePath(target);
    const url = target.publicUrl.replace(/^http/, "ws") + path;
    const signature = isSigned ? await new TwilioSigner(target.authToken).sign(url) : "A".repeat(27) + "=";
    // A refused upgrade would be kept alive by HTTP/1.1.
    return upgradeText(path, [`X-Twilio-Signature: ${signature}`])
      .replace("Connection: Upgrade", "Connection: Upgrade, close");
  });
}

/** Gets a stream as Twilio does, then sends what Twilio never would, and does not answer the server's close frame. */
function abuses(
  messages: (index: number) => (Uint8Array | string)[],
  endedBy: Ending = "server",
): HostileKind {
  return {
    endedBy,
    answer: /^HTTP\/1\.1 101 /,
    run: async (socket, target) => {
      const stream = await target.freshStream();
      if (!stream) return socket.close();
      await socket.send(upgradeText(...stream));
      while (!socket.answer && !socket.isOver) await pause(20);
      for (let index = 0; !socket.isOver; index++) {
        for (const message of messages(index)) await socket.send(message);
        await pause();
      }
    },
  };
}

const claims = {
  callSid: `CA${"e".repeat(32)}`,
  accountSid: "",
  businessId: "default",
  from: "+15550100001",
  to: "+15550100000",
};
const tokenPath = async (secret: string, epochMs: number) =>
  `/media/stream/${await new StreamTokens(secret, () => epochMs).issue(claims)}`;

/** Every kind of attack. */
export const HOSTILE_KINDS: Readonly<Record<string, HostileKind>> = {
  "says nothing": drips("", ""),
  "drips a head": drips("POST /voice HTTP/1.1\r\nHost: x\r\n", "X: y\r\n"),
  "drips a body": drips(
    `POST /voice HTTP/1.1\r\nHost: x\r\n${FORM}\r\n${MADE_UP}\r\nContent-Length: 30000\r\n\r\n`,
    "a",
    "shield",
  ),
  "drips a chunked body": drips(
    `POST /voice HTTP/1.1\r\nHost: x\r\n${FORM}\r\n${MADE_UP}\r\nTransfer-Encoding: chunked\r\n\r\n`,
    "1\r\na\r\n",
    "shield",
    CRUMBS,
  ),
  "keeps a connection that was answered": drips(
    "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "",
    "proxy",
    ANSWERED,
  ),
  "does not read": {
    endedBy: "proxy",
    answer: NOTHING,
    reads: false,
    run: async (socket) => {
      const many = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(500);
      for (let sent = 0; sent < 100 && await socket.send(many); sent++) await pause(50);
      while (!socket.isOver) {
        await pause();
        await socket.send("GET"); // who does not read finds out like this that the connection is closed
      }
    },
  },
  "a form of a megabyte": asks(
    requestText("/voice", { headers: [FORM, MADE_UP], body: "a=".repeat(2 ** 19) }),
  ),
  "a form of 15,000 names": asks(
    requestText("/voice", {
      headers: [FORM, MADE_UP],
      body: Array.from({ length: 15_000 }, (_, index) => index.toString(36)).join("&"),
    }),
  ),
  "a wrong signature": asks(
    requestText("/voice", { headers: [FORM, MADE_UP], body: "CallSid=CA1&From=%2B1555&To=%2B1556" }),
  ),
  "a replayed /voice": asks(({ replayedVoice }) => replayedVoice, ANSWERED),
  "an upgrade without a signature": asks(async ({ authToken }) =>
    upgradeText(await tokenPath(authToken, Date.now()), []).replace("Upgrade\r\n", "Upgrade, close\r\n")
  ),
  "an upgrade without a token": upgrades(() => "/media/stream", true),
  "an upgrade with rubbish for a token": upgrades(() => `/media/stream/${"A".repeat(2_900)}`, true),
  "an upgrade with another's token": upgrades(() => tokenPath("another secret", Date.now()), true),
  "an upgrade with an expired token": upgrades(
    ({ authToken }) => tokenPath(authToken, Date.now() - 3_600_000),
    true,
  ),
  "an upgrade with a used token": asks(({ usedStream: [path, headers] }) =>
    upgradeText(path, headers).replace("Upgrade\r\n", "Upgrade, close\r\n")
  ),
  "a guess at the sign-in": asks(() =>
    requestText("/dashboard/login", { headers: [FORM], body: `token=${crypto.randomUUID()}` })
  ),
  "a guess at the bearer token": asks(() =>
    requestText("/metrics", { method: "GET", headers: [`Authorization: Bearer ${crypto.randomUUID()}`] })
  ),
  "a request for another origin": asks(requestText("http://127.0.0.1/memory", { method: "GET" })),
  "a call to place, for another origin": asks(
    requestText("http://localhost/calls", { headers: [JSON_TYPE], body: '{"to":"+15550100009"}' }),
  ),
  "a call to place without a token": asks(
    requestText("/calls", { headers: [JSON_TYPE], body: '{"to":"+881650100009"}' }),
  ),
  "a request within a body of two lengths": asks(
    "POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n" +
      "0\r\n\r\nGET /memory HTTP/1.1\r\nHost: x\r\n\r\n",
  ),
  "a request behind two different lengths": asks(
    "POST /voice HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\nabcdGET /memory HTTP/1.1\r\n\r\n",
  ),
  "a body in an unknown coding": asks(
    "POST /voice HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
  ),
  "no HTTP at all": asks("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00".repeat(200) + "\r\n\r\n"),
  "half a request, half closed": {
    endedBy: "server",
    answer: NOTHING,
    run: async (socket) => {
      await socket.send("POST /voice HTTP/1.1\r\nHost: x\r\nContent-Le");
      await socket.closeWrite();
    },
  },
  "a whole request, half closed": {
    endedBy: "server",
    answer: ANSWERED,
    run: async (socket) => {
      await socket.send(requestText("/healthz", { method: "GET" }).replace("close", "keep-alive"));
      await socket.closeWrite();
    },
  },
  "fragments without end, before start": abuses(
    (index) => [frame(index === 0 ? 1 : 0, new Uint8Array(32_768).fill(0x20), false)],
    "renewal",
  ),
  "binary before start, and after the refusal": abuses(() => [frame(2, new Uint8Array(1_000))]),
  "messages that are too long": abuses(() => [frame(1, `{"event":"x","y":"${"z".repeat(70_000)}"}`)]),
  "malformed messages, and after the refusal": abuses(() => [
    ...Array.from({ length: 20 }, () => frame(1, "{not json")),
    frame(1, mediaText(0)),
  ]),
  "another call's start, and pings after the refusal": abuses((index) => [
    index === 0 ? frame(1, startText(`CA${"f".repeat(32)}`)) : frame(9, "x".repeat(100)),
  ]),
  "frames that break RFC 6455": abuses(() => [new Uint8Array([0xff, 0xff, ...new Array(20).fill(0xff)])]),
};
