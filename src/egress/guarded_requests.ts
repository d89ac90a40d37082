import type { LookupAddress, LookupOptions } from "node:dns";
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage } from "node:http";
import { AppError } from "../util/errors.ts";
import { isLoopback } from "../util/loopback.ts";
import { isListedHost } from "../util/private_hosts.ts";
import { type AddressKind, addressKind, isAddress } from "./address_ranges.ts";
import { mayConnect } from "./network_permission.ts";
import { raced } from "../util/deadline.ts";
import { type BodyBytes, type BodyText, decodeBeginning, firstBytes } from "../util/read_body.ts";

/** Most addresses of one name that are looked at; one that has more is refused. */
const MAX_ADDRESSES = 32;
/** Most bytes of an answer's headers. */
const MAX_HEADER_BYTES = 16 * 1024;
/** What is streamed word by word comes in short pieces, and in no more of them than this. */
const PIECES = { freePieces: 2_048, minPieceBytes: 16 };

/** A `POST` to a URL that a business file names. */
export interface GuardedPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Ends the request, whatever state it is in. */
  readonly signal: AbortSignal;
  /** Most bytes read of the answer's body; the connection is dropped there. */
  readonly maxBytes: number;
}

/** Headers in one: of two with the same name, however it is written, the later one counts. */
export function mergedHeaders(...parts: readonly Readonly<Record<string, string>>[]): Record<string, string> {
  const headers = new Headers();
  for (const part of parts) for (const [name, value] of Object.entries(part)) headers.set(name, value);
  return Object.fromEntries(headers);
}

/** A `GET` of a URL. */
export type GuardedGet = Omit<GuardedPost, "body">;

/** A document that came back: the beginning of its body as it was sent. */
export interface GuardedDocument extends BodyBytes {
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: IncomingHttpHeaders;
}

/** What came back. A redirect is an answer like any other: it is not followed. */
export interface GuardedAnswer extends BodyText {
  readonly status: number;
}

/** Takes the addresses of a name, or the first one. */
type LookupDone = (error: null, address: string | LookupAddress[], family?: number) => void;

/** All addresses of a host name. */
export type AddressLookup = (hostname: string) => Promise<readonly string[]>;

export interface GuardedRequestsOptions {
  /**
   * Hosts outside of the internet that may be reached all the same, as `readPrivateHosts` gives them.
   * Default: none.
   */
  readonly privateHosts?: readonly string[];
  /** Default: the system's resolver. */
  readonly lookup?: AddressLookup;
  /** Certificates, in PEM, that are trusted in place of the well-known authorities. */
  readonly ca?: string;
}

/**
 * Requests to URLs that business files name, which must not lead into the operator's own network: the name is
 * resolved once, each address is checked, and the connection goes to what was checked, so that a name server
 * cannot change its mind in between (DNS rebinding). TLS still verifies the name. Nothing else is reached
 * than `https` at public addresses, and the hosts that the operator lists; plain `http` only on this machine.
 */
export class GuardedRequests {
  readonly #privateHosts: readonly string[];
  readonly #lookup: AddressLookup;
  readonly #ca: string | undefined;

  constructor({ privateHosts = [], lookup = systemLookup, ca }: GuardedRequestsOptions = {}) {
    this.#privateHosts = privateHosts;
    this.#lookup = lookup;
    this.#ca = ca;
  }

  /**
   * @throws {AppError} `url_refused` when the URL may not be reached
   * @throws whatever the connection fails with, and the reason of `signal` once that is aborted
   */
  async post(post: GuardedPost): Promise<GuardedAnswer> {
    const body = new TextEncoder().encode(post.body);
    const { status, ...answer } = await this.#send("POST", post, body);
    return { status, ...decodeBeginning(answer) };
  }

  /** Like {@link post}. The body is what the server sent, packed or not. */
  async get(get: GuardedGet): Promise<GuardedDocument> {
    return await this.#send("GET", get, undefined);
  }

  /**
   * Asks for the head of an answer alone, which changes nothing where the server keeps to RFC 9110, section
   * 9.2.1.
   * @throws like {@link post}
   */
  async head(get: Omit<GuardedGet, "maxBytes">): Promise<Pick<GuardedDocument, "status" | "headers">> {
    const { status, headers } = await this.#send("HEAD", { ...get, maxBytes: 0 }, undefined);
    return { status, headers };
  }

  async #send(method: string, asked: GuardedGet, body: Uint8Array | undefined): Promise<GuardedDocument> {
    const { signal } = asked;
    signal.throwIfAborted();
    const url = new URL(asked.url);
    const addresses = await raced(this.#checked(url), signal);
    const way = wayOut(url, addresses);
    if (way === undefined) throw refused(url, NOT_ALLOWED);
    // Node's client connects where it is told to and verifies another name; `fetch` cannot. Loaded by the
    // first request.
    const client = url.protocol === "https:" ? await import("node:https") : await import("node:http");
    const { BoundedConnection } = await import("./bounded_connection.ts");
    signal.throwIfAborted();
    const request = client.request(url, {
      method,
      headers: { ...asked.headers, ...body && { "content-length": String(body.length) } },
      agent: false, // a connection of its own: one that is kept could outlive what was checked
      ...way === "address" && {
        lookup: (_hostname: string, options: LookupOptions, done: LookupDone) =>
          options.all ? done(null, addresses) : done(null, addresses[0].address, addresses[0].family),
      },
      maxHeaderSize: MAX_HEADER_BYTES,
      ...this.#ca !== undefined && { ca: this.#ca },
    });
    const abort = () => void request.destroy(new Error("The request was aborted."));
    signal.addEventListener("abort", abort);
    if (way === "name") endUnlessAt(addresses, url, request);
    using _bounded = new BoundedConnection(request, asked.maxBytes);
    try {
      const response = await answered(request, body);
      const { statusCode: status = 0, headers } = response;
      return { status, headers, ...await readBody(response, asked.maxBytes) };
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      request.destroy();
    }
  }

  /** The addresses of a name. */
  async #found(url: URL): Promise<readonly string[]> {
    try {
      return await this.#lookup(url.hostname);
    } catch (error) {
      throw (error as { code?: unknown }).code === "EPERM" ? refused(url, NOT_ALLOWED) : error;
    }
  }

  /** The addresses behind a URL, once all of them may be reached. */
  async #checked(url: URL): Promise<LookupAddress[]> {
    const { hostname, protocol } = url;
    const isHostListed = isListedHost(url, this.#privateHosts);
    if (protocol === "http:" ? !(isLoopback(hostname) && isHostListed) : protocol !== "https:") {
      throw refused(
        url,
        isLoopback(hostname)
          ? "PRIVATE_HOSTS does not list the host"
          : "plain http is for this machine only: it must be https",
      );
    }
    const found = isAddress(hostname) ? [hostname.replace(/^\[|\]$/g, "")] : await this.#found(url);
    if (found.length === 0 || found.length > MAX_ADDRESSES) {
      throw refused(url, `it has ${found.length} addresses`);
    }
    for (const address of found) {
      const kind = addressKind(address);
      const problem = protocol === "http:" && kind !== "loopback"
        ? "plain http is for this machine only"
        : addressProblem(kind, isHostListed);
      if (problem !== undefined) throw refused(url, problem);
    }
    return found.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  }
}

/**
 * How this process may connect: to the addresses that were checked, or, where it was started with the names
 * of hosts (`--allow-net=`), by the name alone. Undefined: not at all.
 */
function wayOut(url: URL, addresses: readonly LookupAddress[]): "address" | "name" | undefined {
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  const mayReach = (host: string) => mayConnect(`${host}:${port}`);
  if (addresses.every(({ address, family }) => mayReach(family === 6 ? `[${address}]` : address))) {
    return "address";
  }
  return mayReach(url.hostname) ? "name" : undefined;
}

/**
 * Where the runtime looks the name up once more, nothing is sent to an address that was not checked: the
 * connection ends as soon as it is there.
 */
function endUnlessAt(addresses: readonly LookupAddress[], url: URL, request: ClientRequest): void {
  request.once("socket", (socket) =>
    socket.once("connect", () => {
      if (addresses.some(({ address }) => address === socket.remoteAddress)) return;
      request.destroy(refused(url, "its addresses have changed meanwhile"));
    }));
}

/** What is wrong with going to such an address; undefined where nothing is. */
function addressProblem(kind: AddressKind, isHostListed: boolean): string | undefined {
  if (kind === "public" || (kind !== "forbidden" && isHostListed)) return undefined;
  const place = PLACES[kind];
  return `it leads to ${place}${kind === "forbidden" ? "" : ", and PRIVATE_HOSTS does not list the host"}`;
}

const PLACES: Readonly<Record<Exclude<AddressKind, "public">, string>> = {
  private: "a private network",
  loopback: "this machine",
  forbidden: "an address that no URL may name, such as a metadata service's",
};

const NOT_ALLOWED =
  "this process was started without the permission, since no business named the host then; " +
  "start the server again";

function refused({ protocol, host }: URL, why: string): AppError {
  return new AppError("url_refused", `${protocol}//${host} may not be reached: ${why}.`);
}

/** Resolves with the answer's head once the request has been sent. */
function answered(request: ClientRequest, body: Uint8Array | undefined): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  request.on("response", resolve);
  request.on("error", reject); // stays, since an error that nobody listens for ends the process
  request.on("upgrade", (_response, socket) => {
    socket.destroy();
    reject(new Error("The answer is an upgrade, which nobody asked for."));
  });
  request.end(body);
  return promise;
}

/** @throws when the body ends before its end, or comes in crumbs */
async function readBody(response: IncomingMessage, maxBytes: number): Promise<BodyBytes> {
  const body = await firstBytes(response, maxBytes, PIECES);
  if (!body.isCut && !response.complete) throw new Error("The connection ended in the middle of the answer.");
  if (body.isCut && body.bytes.length < maxBytes) throw new Error("The answer comes in crumbs.");
  return body;
}

async function systemLookup(hostname: string): Promise<string[]> {
  const { lookup } = await import("node:dns/promises");
  const found = await lookup(hostname, { all: true });
  return found.map(({ address }) => address);
}
