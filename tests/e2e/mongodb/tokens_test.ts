import assert from "node:assert/strict";
import { TwilioSigner } from "../../../src/carrier/twilio/signature.ts";
import { TalkingCaller } from "../../../src/lab/load/talking_caller.ts";
import { Nginx } from "../../hostile/nginx.ts";
import { eventually } from "../../support/eventually.ts";
import { AUTH_TOKEN, FleetProcesses } from "../../support/fleet_processes.ts";
import { AccountedAgent } from "../../support/fleet_talk.ts";
import { attack, openSocket, requestText } from "../../support/http_attacker.ts";
import { type MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";

const missing = NO_MONGODB ?? (Nginx.isInstalled() ? undefined : "nginx is not installed");
const PUBLIC_URL = "https://voice.example.com";
const signer = new TwilioSigner(AUTH_TOKEN);
/** Of each of the four kinds below; of each a token is sent to each instance, and again. */
const TOKENS = 50;
/** At the same time: no more than a small database answers in time. */
const AT_ONCE = 10;

/** A stream's request as Twilio has signed it once: whoever saw it can send it again. */
interface SignedStream {
  readonly target: string;
  readonly headers: string[];
}

/** A new call's webhook at one of the instances, and the stream that it answers with. */
async function newStream(port: number): Promise<SignedStream> {
  const CallSid = `CA${crypto.randomUUID().replaceAll("-", "")}`;
  const form = new URLSearchParams({ CallSid, From: "+15550100001", To: "+15550100000" });
  const answer = await attack(
    port,
    requestText("/voice", {
      headers: [
        `X-Twilio-Signature: ${await signer.sign(`${PUBLIC_URL}/voice`, form)}`,
        "Content-Type: application/x-www-form-urlencoded",
      ],
      body: form.toString(),
    }),
  );
  const target = /wss:\/\/voice\.example\.com([^"]+)"/.exec(answer.text)?.[1];
  assert.ok(target, answer.text);
  return {
    target,
    headers: [`X-Twilio-Signature: ${await signer.sign(`wss://voice.example.com${target}`)}`],
  };
}

/** How often the stream was let in, of once at each of these ports at the same time. */
async function letIn(ports: readonly number[], { target, headers }: SignedStream): Promise<number> {
  const opened = await Promise.all(ports.map((port) => openSocket(port, target, headers)));
  for (const { conn } of opened) conn.close();
  return opened.filter(({ status }) => status === 101).length;
}

async function eachInTurn<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  for (let at = 0; at < items.length; at += AT_ONCE) {
    await Promise.all(items.slice(at, at + AT_ONCE).map(work));
  }
}

Deno.test({
  name:
    "Of 200 tokens that are sent to three instances again and again, with a database that is killed meanwhile, " +
    `none gets a stream twice${missing === undefined ? "" : ` (${missing})`}`,
  ignore: missing !== undefined,
  async fn() {
    await using fleet = await FleetProcesses.start();
    const { ports } = fleet;
    const streams: SignedStream[] = [];
    const times = new Map<SignedStream, number>();
    const use = async (stream: SignedStream, at: readonly number[] = ports) => {
      times.set(stream, (times.get(stream) ?? 0) + await letIn(at, stream));
    };
    const make = async () => {
      const made: SignedStream[] = [];
      const numbers = Array.from({ length: TOKENS }, (_, index) => index);
      await eachInTurn(numbers, async (index) => void made.push(await newStream(ports[index % 3])));
      streams.push(...made);
      return made;
    };
    const used = await make(); // where the database is there; each at another instance than its webhook's
    for (const [index, stream] of used.entries()) await use(stream, [ports[(index + 1) % 3]]);
    assert.deepEqual(used.map((stream) => times.get(stream)), used.map(() => 1));
    const fresh = await make(); // and not used before it goes
    await fleet.mongo.kill();
    await eachInTurn([...used, ...fresh], (stream) => use(stream));
    await eventually("that is noticed", () => fleet.count("cluster_away") === 3);
    const away = await make();
    await eachInTurn([...used, ...fresh, ...away], (stream) => use(stream));
    assert.deepEqual(away.map((stream) => times.get(stream)), away.map(() => 1), "each is let in, at one");
    const late = await make(); // used once it is back
    await fleet.mongo.restart();
    await eventually("it is back", () => fleet.count("cluster_back") === 3);
    await eachInTurn(streams, (stream) => use(stream));
    await eachInTurn(streams, (stream) => use(stream));
    assert.deepEqual(late.map((stream) => times.get(stream)), late.map(() => 1));
    assert.deepEqual([...times.values()].filter((count) => count > 1), []);
    assert.equal(streams.length, 4 * TOKENS);
  },
});

for (
  const [says, goes] of [
    ["is killed", (mongo: MongoServer) => mongo.kill()],
    ["says nothing any more", (mongo: MongoServer) => mongo.pause()],
  ] as const
) {
  Deno.test({
    name: `Callers who come in the moment in which MongoDB ${says} are connected all the same` +
      (missing === undefined ? "" : ` (${missing})`),
    ignore: missing !== undefined,
    async fn() {
      await using fleet = await FleetProcesses.start({ agent: new AccountedAgent().factory });
      const calls = Array.from({ length: 20 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, 100 * index));
        return await new TalkingCaller(fleet.line, undefined, { quietMs: 1_500 }).talk(() => 0);
      });
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await goes(fleet.mongo);
      for (const { report } of await Promise.all(calls)) {
        assert.equal(report.outcome, "connected");
        assert.deepEqual(report.said, []);
        assert.equal(report.endedBy, "caller");
        assert.ok(report.webhookMs! < 300, `a webhook took ${report.webhookMs} ms`);
      }
    },
  });
}
