/** What came back for a request: the status, or 0 when the connection was closed without one. */
export interface AttackAnswer {
  readonly status: number;
  readonly text: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How long an answer may take before the attack counts as stuck. */
const PATIENCE_MS = 20_000;

/**
 * Sends `bytes` over a connection of their own, as they are, and reads the answer. Shares no code with any HTTP client: what
 * is sent need not be HTTP.
 */
export async function attack(port: number, bytes: Uint8Array | string): Promise<AttackAnswer> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const timer = setTimeout(() => conn.close(), PATIENCE_MS);
  try {
    const sending = send(conn, typeof bytes === "string" ? encoder.encode(bytes) : bytes);
    const text = await receive(conn);
    await sending;
    return { status: Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0), text };
  } finally {
    clearTimeout(timer);
  }
}

/** A request as text, with its length. */
export function requestText(
  target: string,
  { method = "POST", headers = [], body = "" }: { method?: string; headers?: string[]; body?: string } = {},
): string {
  const length = encoder.encode(body).length;
  const lines = [`${method} ${target} HTTP/1.1`, "Host: x", "Connection: close", ...headers];
  if (method !== "GET") lines.push(`Content-Length: ${length}`);
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}

/** A frame of HTTP/2. */
export function http2Frame(type: number, payload: readonly number[], stream = 0, flags = 0): Uint8Array {
  const { length } = payload;
  const bytes = new Uint8Array(9 + length);
  bytes.set([length >> 16, length >> 8, length, type, flags]);
  new DataView(bytes.buffer).setUint32(5, stream);
  bytes.set(payload, 9);
  return bytes;
}

/** HTTP/2 by prior knowledge: its preface, settings, `frames`, and a goodbye, after which the server closes. */
export function http2(frames: readonly Uint8Array[]): Uint8Array {
  const preface = encoder.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const goodbye = http2Frame(7, new Array(8).fill(0));
  const parts = [preface, http2Frame(4, []), ...frames, goodbye];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** So many frames of each kind that costs the server's runtime something, over one connection. */
export function http2Floods(count: number): Record<string, Uint8Array> {
  const authority = [0x41, 1, 0x78];
  const get = [0x82, 0x86, 0x84, ...authority];
  const post = [0x83, 0x86, 0x84, ...authority];
  const streams = Array.from({ length: count }, (_, index) => 2 * index + 1);
  const flood = (one: Uint8Array, first: Uint8Array[] = []) =>
    http2([...first, ...new Array<Uint8Array>(count).fill(one)]);
  return {
    "pings": flood(http2Frame(6, new Array(8).fill(0))),
    "settings": flood(http2Frame(4, [])),
    "window updates": flood(http2Frame(8, [0, 0, 0, 1])),
    "priorities": http2(streams.map((stream) => http2Frame(2, [0, 0, 0, 0, 16], stream))),
    "frames of an unknown kind": flood(http2Frame(0xee, new Array(10).fill(0))),
    "data frames without data": flood(http2Frame(0, [], 1), [http2Frame(1, post, 1, 4)]),
    "requests that are taken back": http2(
      streams.flatMap((stream) => [http2Frame(1, get, stream, 5), http2Frame(3, [0, 0, 0, 8], stream)]),
    ),
    "continuations": flood(http2Frame(9, [], 1), [http2Frame(1, get, 1)]),
  };
}

/** The headers of an upgrade that lacks nothing. */
export const UPGRADE = [
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
];

/** A WebSocket by hand. `status` is 101 when it was opened. Close `conn` in any case. */
export async function openSocket(
  port: number,
  target: string,
  headers: string[],
): Promise<{ conn: Deno.TcpConn; status: number }> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const head = [`GET ${target} HTTP/1.1`, "Host: x", "Connection: Upgrade", ...UPGRADE, ...headers];
  await send(conn, encoder.encode(`${head.join("\r\n")}\r\n\r\n`));
  const buffer = new Uint8Array(4_096);
  const count = await conn.read(buffer) ?? 0;
  return {
    conn,
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(decoder.decode(buffer.subarray(0, count)))?.[1] ?? 0),
  };
}

/** A frame as clients send it. Its mask is zero, which leaves the payload as it is. */
export function frame(opcode: number, payload: Uint8Array | string, isLast = true): Uint8Array<ArrayBuffer> {
  const bytes = typeof payload === "string" ? encoder.encode(payload) : payload;
  const { length } = bytes;
  const size = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 255] : [
    127,
    ...[56, 48, 40, 32, 24, 16, 8, 0].map((shift) => Math.floor(length / 2 ** shift) % 256),
  ];
  const head = [opcode | (isLast ? 128 : 0), size[0] | 128, ...size.slice(1), 0, 0, 0, 0];
  const whole = new Uint8Array(head.length + length);
  whole.set(head);
  whole.set(bytes, head.length);
  return whole;
}

/** CPU time that a process has used, in milliseconds, as the kernel counts it: to 10 ms. */
export async function cpuMs(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/stat`] }).output();
  const [, user, system] = / \S+(?: \S+){10} (\d+) (\d+) /.exec(decoder.decode(stdout).replace(/^.*\)/, ""))!;
  return (Number(user) + Number(system)) * 10;
}

async function send(conn: Deno.Conn, bytes: Uint8Array): Promise<void> {
  try {
    for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  } catch {
    // the server has answered and closed before it had all
  }
}

async function receive(conn: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(16_384);
  let text = "";
  try {
    for (let count = await conn.read(buffer); count !== null; count = await conn.read(buffer)) {
      text += decoder.decode(buffer.subarray(0, count));
    }
  } catch {
    // closed by force
  }
  return text;
}
