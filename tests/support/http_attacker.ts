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

/** HTTP/2 by prior knowledge: its preface, settings, and so many pings. */
export function http2Pings(count: number): Uint8Array {
  const [headBytes, pingBytes] = [9, 17];
  const preface = encoder.encode("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const bytes = new Uint8Array(preface.length + headBytes + count * pingBytes);
  bytes.set(preface);
  bytes[preface.length + 3] = 4; // settings
  for (let at = preface.length + headBytes; at < bytes.length; at += pingBytes) {
    bytes[at + 2] = 8;
    bytes[at + 3] = 6;
  }
  return bytes;
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
