import assert from "node:assert/strict";
import { type AddressLookup, GuardedRequests } from "../../src/egress/guarded_requests.ts";
import { readPrivateHosts } from "../../src/util/private_hosts.ts";

const read = (name: string) => Deno.readTextFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url));
const CA = read("ca.pem");

const post = (
  requests: GuardedRequests,
  url: string,
  signal = AbortSignal.timeout(5_000),
  maxBytes = 1_000,
) => requests.post({ url, headers: { "x-key": "k" }, body: "hé", signal, maxBytes });

/** An https server that answers with what it saw. */
function serveTls() {
  const hosts: (string | null)[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert: read("tool.pem"), key: read("tool.key.pem"), onListen() {} },
    async (request) => {
      hosts.push(request.headers.get("host"));
      return new Response(`${request.method} ${request.headers.get("x-key")} ${await request.text()}`);
    },
  );
  return { port: server.addr.port, hosts, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("GuardedRequests asks the resolver once, connects to what was checked, and verifies the name", async () => {
  await using server = serveTls();
  const asked: string[] = [];
  const lookup: AddressLookup = (name) => {
    asked.push(name);
    // A second answer would lead elsewhere: that is DNS rebinding.
    return Promise.resolve([asked.length === 1 ? "127.0.0.1" : "127.0.0.2"]);
  };
  const privateHosts = readPrivateHosts(`tool.example.test:${server.port}`)!;
  const requests = new GuardedRequests({ privateHosts, lookup, ca: CA });
  const answer = await post(requests, `https://tool.example.test:${server.port}/a`);
  assert.deepEqual(answer, { status: 200, text: "POST k hé", isCut: false });
  assert.deepEqual(asked, ["tool.example.test"]);
  assert.deepEqual(server.hosts, [`tool.example.test:${server.port}`]);
});

Deno.test("GuardedRequests refuses a certificate of another name, or of nobody known", async () => {
  await using server = serveTls();
  const lookup = () => Promise.resolve(["127.0.0.1"]);
  const other = new GuardedRequests({ privateHosts: ["other.example.test"], lookup, ca: CA });
  await assert.rejects(post(other, `https://other.example.test:${server.port}/`));
  const unknown = new GuardedRequests({ privateHosts: ["tool.example.test"], lookup });
  await assert.rejects(post(unknown, `https://tool.example.test:${server.port}/`));
  assert.deepEqual(server.hosts, []);
});

Deno.test("GuardedRequests refuses a name as soon as one of its addresses is not public", async () => {
  for (
    const address of ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1", "nonsense"]
  ) {
    const requests = new GuardedRequests({ lookup: () => Promise.resolve(["93.184.216.34", address]) });
    await assert.rejects(post(requests, "https://rebind.example.test/"), { code: "url_refused" });
  }
  const many = new GuardedRequests({ lookup: () => Promise.resolve(Array(33).fill("93.184.216.34")) });
  await assert.rejects(post(many, "https://many.example.test/"), { code: "url_refused" });
});

Deno.test("GuardedRequests lets no list open what a URL may never name, nor plain http to another machine", async () => {
  const privateHosts = ["169.254.169.254", "meta.example.test", "tools.example.test", "127.0.0.1"];
  const lookup = (name: string) =>
    Promise.resolve([name === "meta.example.test" ? "169.254.169.254" : "10.0.0.7"]);
  const requests = new GuardedRequests({ privateHosts, lookup });
  for (
    const url of [
      "https://169.254.169.254/latest",
      "https://meta.example.test/",
      "http://tools.example.test/",
      "http://localhost:1/",
      "ftp://127.0.0.1/",
      "http://[::1]:1/",
    ]
  ) await assert.rejects(post(requests, url), { code: "url_refused" }, url);
});

Deno.test("GuardedRequests stops at the time limit, wherever the request is, and releases its socket", async () => {
  const requests = new GuardedRequests({
    privateHosts: ["127.0.0.1", "slow.example.test"],
    lookup: () => new Promise(() => {}),
  });
  const reason = new Error("time is up");
  const abortSoon = () => {
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 300);
    return abort.signal;
  };
  await assert.rejects(post(requests, "https://slow.example.test/", abortSoon()), reason);
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  for (const answer of ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"]) {
    const accepted = listener.accept();
    const rejected = assert.rejects(
      post(requests, `http://127.0.0.1:${listener.addr.port}/`, abortSoon()),
      reason,
    );
    using peer = await accepted;
    await peer.write(new TextEncoder().encode(answer));
    await rejected;
    const bytes = new Uint8Array(1_024);
    while (await peer.read(bytes).catch(() => null) !== null); // until our side is gone
  }
});

Deno.test("GuardedRequests reads no more than it was told to, and no headers without end", async () => {
  const requests = new GuardedRequests({ privateHosts: ["127.0.0.1"] });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const exchange = async (answer: string) => {
    const accepted = listener.accept();
    const sent = post(requests, `http://127.0.0.1:${listener.addr.port}/`);
    using peer = await accepted;
    const written = peer.write(new TextEncoder().encode(answer)).catch(() => {});
    try {
      return await sent;
    } finally {
      await written;
    }
  };
  const long = await exchange(`HTTP/1.1 200 OK\r\ncontent-length: 5000\r\n\r\n${"x".repeat(5_000)}`);
  assert.deepEqual([long.text.length, long.isCut], [1_000, true]);
  await assert.rejects(exchange(`HTTP/1.1 200 OK\r\nx: ${"y".repeat(200_000)}\r\n\r\n`));
  const moved = await exchange(
    "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\n\r\n",
  );
  assert.equal(moved.status, 302, "a redirect is not followed");
});

Deno.test("readPrivateHosts() takes hosts with and without port, and nothing else", () => {
  assert.deepEqual(readPrivateHosts("127.0.0.1:9000, Tools.Internal,[::1]:443,h:80"), [
    ...["127.0.0.1:9000", "tools.internal", "[::1]:443", "h:80"],
  ]);
  for (const bad of ["http://x", "x/y", "a b", "u@x", "x:99999", "x".repeat(3) + "," + "?"]) {
    assert.equal(readPrivateHosts(bad), undefined, bad);
  }
});
