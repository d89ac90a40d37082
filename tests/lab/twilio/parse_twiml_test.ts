import assert from "node:assert/strict";
import { parseTwiml } from "../../../src/lab/twilio/parse_twiml.ts";
import { type Walked, walkTwiml } from "../../../src/lab/twilio/twiml_walk.ts";
import { parseXml, XmlError } from "../../../src/lab/twilio/xml.ts";

Deno.test("parseXml() reads attributes, text, entities, CDATA and comments", () => {
  const root = parseXml(
    `<?xml version="1.0"?><!-- c --><a x="1 &amp; &#x41;" y='"'>t&lt;<b/><![CDATA[<&]]><!-- - --></a >\n`,
  );
  assert.deepEqual(root, {
    name: "a",
    attributes: { x: "1 & A", y: '"' },
    children: ["t<", { name: "b", attributes: {}, children: [] }, "<&"],
  });
});

Deno.test("parseXml() refuses what is not well-formed and says where", () => {
  const wrong = [
    "",
    "text",
    "<a>",
    "<a></b>",
    "<a b=c/>",
    "<a b='1' b='2'/>",
    "<a>&x;</a>",
    "<a>&</a>",
    "<a/><b/>",
  ];
  wrong.push("<a b='<'/>", "<a b='1'c='2'/>", "<!DOCTYPE a><a/>", "<a>".repeat(50));
  for (const text of wrong) assert.throws(() => parseXml(text), XmlError, text);
  assert.throws(() => parseXml("<a>\n  <b></c></a>"), /line 2, column 9/);
});

Deno.test("parseTwiml() reads a stream with its parameters", () => {
  const [verb] = parseTwiml(`<Response><Connect action="/after" method="GET">
    <Stream url="wss://a.test/media/x" name="n" statusCallback="/status">
      <Parameter name="from" value="+1&quot;"/></Stream></Connect></Response>`);
  assert.deepEqual(verb, {
    verb: "Connect",
    action: { url: "/after", method: "GET" },
    stream: {
      url: "wss://a.test/media/x",
      name: "n",
      parameters: { from: '+1"' },
      statusCallback: { url: "/status", method: "POST" },
    },
  });
});

Deno.test("parseTwiml() refuses with Twilio's code", () => {
  const stream = (attributes: string, body = "") =>
    `<Response><Connect><Stream ${attributes}>${body}</Stream></Connect></Response>`;
  const wrong: [number, string][] = [
    [12100, "<Response>"],
    [12100, `\n<?xml version="1.0"?><Response/>`],
    [12200, "<Response><Gather><Dial>+1555</Dial></Gather></Response>"],
    [12200, "<Response><Start/></Response>"],
    [12200, "<Response><Dial><Pigeon>x</Pigeon></Dial></Response>"],
    [12200, "<Reply/>"],
    [12200, "<Response><Sing/></Response>"],
    [11750, `<Response><Say>${"x".repeat(70_000)}</Say></Response>`],
    [31922, stream(`url="ws://a.test/m"`)],
    [31920, stream(`url="wss://a.test/m?x=1"`)],
    [31941, stream(`url="wss://a.test/m" track="both_tracks"`)],
    [12200, stream(`url="wss://a.test/m"`, `<Parameter name="n" value="${"v".repeat(499)}"/>`)],
  ];
  for (const [twilioCode, text] of wrong) {
    assert.throws(() => parseTwiml(text), { twilioCode }, text.slice(0, 80));
  }
});

/** Notes what the walk does. */
function recorder(isInterrupted = () => false, keys = "") {
  const done: string[] = [];
  const note = (text: string) => {
    done.push(text);
    return Promise.resolve();
  };
  const walked: Walked = {
    isInterrupted,
    say: (text) => note(`say ${text}`),
    play: (url) => note(`play ${url}`),
    pause: (seconds) => note(`pause ${seconds}`),
    connect: (stream) => note(`connect ${stream.url}`),
    dial: (dial) => note(`dial ${dial.numbers[0].number}`).then(() => ({ DialCallStatus: "busy" })),
    record: () => note("record").then(() => ({ RecordingSid: "RE1" })),
    gather: async (_gather, prompt) => {
      await prompt();
      return keys === "" ? undefined : { Digits: keys };
    },
    enqueue: (queue) => note(`enqueue ${queue}`).then(() => ({ QueueResult: "bridged" })),
    beside: (verb, what) => void note(`${verb} ${what}`),
  };
  const walk = (body: string) =>
    walkTwiml(parseTwiml(`<Response>${body}</Response>`), "https://a.test/doc", walked);
  return { done, walk };
}

Deno.test("walkTwiml() goes verb by verb to the end", async () => {
  const { done, walk } = recorder();
  const end = await walk(`<Say>Hello</Say><Pause length="2"/><Play>/a.wav</Play><Dial>+1555</Dial>`);
  assert.deepEqual(end, { end: "finished" });
  assert.deepEqual(done, ["say Hello", "pause 2", "play /a.wav", "dial +1555"]);
});

Deno.test("walkTwiml() does not reach what follows an action", async () => {
  const { done, walk } = recorder();
  const end = await walk(`<Dial action="/done"><Number>+1555</Number></Dial><Say>never</Say>`);
  assert.deepEqual(end, {
    end: "fetch",
    link: { url: "/done", method: "POST" },
    form: { DialCallStatus: "busy" },
  });
  assert.deepEqual(done, ["dial +1555"]);
});

Deno.test("walkTwiml() goes on after a stream that has no action", async () => {
  const { done, walk } = recorder();
  const end = await walk(`<Connect><Stream url="wss://a.test/m"/></Connect><Redirect>/again</Redirect>`);
  assert.deepEqual(end, { end: "fetch", link: { url: "/again", method: "POST" }, form: {} });
  assert.deepEqual(done, ["connect wss://a.test/m"]);
});

Deno.test("walkTwiml() ends at Hangup, Reject and Record", async () => {
  assert.deepEqual(await recorder().walk("<Hangup/><Say>never</Say>"), { end: "hangup" });
  assert.deepEqual(await recorder().walk(`<Reject reason="busy"/>`), { end: "rejected", reason: "busy" });
  assert.deepEqual(await recorder().walk("<Record/>"), {
    end: "fetch",
    link: { url: "https://a.test/doc", method: "POST" },
    form: { RecordingSid: "RE1" },
  });
});

Deno.test("walkTwiml() stops when the call is interrupted", async () => {
  const { done, walk } = recorder(() => true);
  assert.deepEqual(await walk("<Pause/><Say>never</Say>"), { end: "interrupted" });
  assert.deepEqual(done, ["pause 1"]);
});

Deno.test("walkTwiml() goes on to the action of a Gather that got keys, and past one that got none", async () => {
  const gather = `<Gather action="/menu" numDigits="1"><Say>Press one</Say></Gather><Say>Nothing</Say>`;
  const silent = recorder();
  assert.deepEqual(await silent.walk(gather), { end: "finished" });
  assert.deepEqual(silent.done, ["say Press one", "say Nothing"]);
  const keyed = recorder(undefined, "1");
  assert.deepEqual(await keyed.walk(gather), {
    end: "fetch",
    link: { url: "/menu", method: "POST" },
    form: { Digits: "1" },
  });
  assert.deepEqual(await recorder(undefined, "5").walk("<Gather/>"), {
    end: "fetch",
    link: { url: "https://a.test/doc", method: "POST" },
    form: { Digits: "5" },
  });
});

Deno.test("walkTwiml() takes queues, conferences, SIP, and what runs beside a call", async () => {
  const { done, walk } = recorder();
  const end = await walk(
    `<Start><Stream name="fork" url="wss://a.test/fork"/></Start><Start><Transcription/></Start>` +
      `<Dial><Conference>room</Conference></Dial><Dial><Sip>sip:a@b.test</Sip></Dial><Dial><Client>jo</Client></Dial>` +
      `<Stop><Stream name="fork"/></Stop><Leave/><Enqueue action="/left">support</Enqueue>`,
  );
  assert.deepEqual(done, [
    "Start Stream fork",
    "Start Transcription",
    "dial conference:room",
    "dial sip:a@b.test",
    "dial client:jo",
    "Stop Stream fork",
    "enqueue support",
  ]);
  assert.deepEqual(end, {
    end: "fetch",
    link: { url: "/left", method: "POST" },
    form: { QueueResult: "bridged" },
  });
});
