import { requestText, UPGRADE } from "../support/http_attacker.ts";

/** Of a signature's form, and made with no token. */
const MADE_UP = `X-Twilio-Signature: ${"A".repeat(27)}=`;
const FORM = "Content-Type: application/x-www-form-urlencoded";
const JSON_TYPE = "Content-Type: application/json";

const webhook = (body: string, target = "/voice") => requestText(target, { headers: [MADE_UP, FORM], body });
const many = (count: number, make: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => make(index)).join("&");

/** A request whose body is in chunks, each as it is written on the wire. */
export const chunked = (target: string, chunks: string, method = "POST") =>
  [
    `${method} ${target} HTTP/1.1`,
    "Host: voice.test",
    "Connection: close",
    MADE_UP,
    FORM,
    "Transfer-Encoding: chunked",
  ]
    .join("\r\n") + `\r\n\r\n${chunks}0\r\n\r\n`;

/** A million chunks of one byte: six megabytes. */
export const CRUMBS = "1\r\na\r\n".repeat(1_000_000);

/** Requests of strangers that are made to be costly. */
export const COSTLY_REQUESTS: Readonly<Record<string, string>> = {
  "15,000 names of parameters": webhook(many(15_000, (index) => index.toString(36))),
  "as many parameters as are looked at": webhook(many(256, (index) => `${index}=${"x".repeat(100)}`)),
  "one name 15,000 times": webhook(many(15_000, () => "a=b")),
  "one parameter of 64 kB": webhook(`a=${"b".repeat(65_000)}`),
  "one parameter as long as is looked at": webhook(`a=${"b".repeat(16_384)}&b=${"b".repeat(16_000)}`),
  "nothing but percent signs": webhook("%".repeat(32_000)),
  "bytes that are no UTF-8": webhook("%ff%fe%C0%80".repeat(2_700)),
  "nothing but ampersands": webhook("&".repeat(32_000)),
  "characters of four bytes": webhook(`a=${"%F0%9F%98%80".repeat(2_700)}`),
  "a query of 60 kB": webhook("", `/voice?${many(15_000, (index) => index.toString(36))}`),
  "a query as long as is looked at": webhook(
    "",
    `/voice?${many(2_000, (index) => index.toString(36)).slice(0, 8_000)}`,
  ),
  "a digest of the body": webhook(
    JSON.stringify({ a: "b".repeat(32_000) }),
    `/voice?bodySHA256=${"0".repeat(64)}`,
  ),
  "JSON as deep as it gets, with a digest": requestText(`/voice?bodySHA256=${"0".repeat(64)}`, {
    headers: [MADE_UP, JSON_TYPE],
    body: "[".repeat(32_000),
  }),
  "90 headers of cookies": requestText("/dashboard", {
    method: "GET",
    headers: Array.from({ length: 90 }, () => `Cookie: ${"slimline_operator=1; ;  ".repeat(100)}`),
  }),
  "10,000 headers": requestText("/voice", {
    headers: Array.from({ length: 10_000 }, (_, index) => `Cookie: a${index}=b`),
  }),
  "a signature of 60 kB": requestText("/voice", {
    headers: [`X-Twilio-Signature: ${"A".repeat(60_000)}`],
    body: "a=b",
  }),
  "a made-up stream": requestText(`/media/stream/${"A".repeat(3_000)}`, {
    method: "GET",
    headers: [
      MADE_UP,
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    ],
  }),
  "1,500 chunks of one byte": chunked("/voice", "1\r\na\r\n".repeat(1_500)),
  "100,000 chunks of one byte": chunked("/voice", "1\r\na\r\n".repeat(100_000)),
  "100,000 chunks for nobody": chunked("/nothing", "1\r\na\r\n".repeat(100_000)),
  "a GET with a million chunks": chunked("/healthz", CRUMBS, "GET"),
  "a GET for nothing with a million chunks": chunked("/nothing", CRUMBS, "GET"),
  "an upgrade with a million chunks": chunked("/media/check", CRUMBS, "GET").replace(
    "Connection: close",
    ["Connection: Upgrade", ...UPGRADE].join("\r\n"),
  ),
  "a GET with 10 MB": requestText("/nothing", { method: "GET", headers: ["Content-Length: 10000000"] }) +
    "a".repeat(1e7),
  "100,000 chunks after as much as is looked at": chunked(
    "/voice",
    `8000\r\n${"a".repeat(32_768)}\r\n${"1\r\na\r\n".repeat(100_000)}`,
  ),
  "3,000 trailers": chunked("/voice", `1\r\na\r\n0\r\n${"a: b\r\n".repeat(3_000)}\r\n`),
  "10 MB for an endpoint that takes no body": requestText("/healthz", { body: "a".repeat(1e7) }),
  "10 MB in chunks of 64 kB for nobody": chunked(
    "/nothing",
    `10000\r\n${"a".repeat(65_536)}\r\n`.repeat(160),
  ),
  "10 MB for a webhook": webhook("a".repeat(1e7)),
  "a sign-in in 1,500 chunks": chunked("/dashboard/login", "1\r\na\r\n".repeat(1_500)),
  "500 chunks with extensions of 1 kB": chunked("/voice", `1;${"x".repeat(1_000)}\r\na\r\n`.repeat(500)),
  "a call to place": requestText("/calls", { headers: [JSON_TYPE], body: "[".repeat(16_000) }),
  "a sign-in of 64 kB": requestText("/dashboard/login", {
    headers: [FORM],
    body: `token=${"a".repeat(65_000)}`,
  }),
  "a sign-in with 2,000 names": requestText("/dashboard/login", {
    headers: [FORM],
    body: many(1_000, (index) => index.toString(36)),
  }),
  "a bearer token of 60 kB": requestText("/metrics", {
    method: "GET",
    headers: [`Authorization: Bearer ${"a b".repeat(20_000)}`],
  }),
  "the record of an endless call": requestText(`/records?call=${"a".repeat(60_000)}`, { method: "GET" }),
};
