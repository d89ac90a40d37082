import assert from "node:assert/strict";
import { PageLine } from "../support/page_line.ts";
import { ADMIN_TOKEN, WorkersRig } from "../support/workers_rig.ts";

/** So many connections come to all of a few workers. */
const CONNECTIONS = 12;

Deno.test("slimline serve --workers 2: whichever worker answers, the dashboard shows a live call's talk and acts on it", async () => {
  await using rig = await WorkersRig.start(2);
  const { url: server } = rig;
  let isOver = false;
  const talk = rig.caller().talk(() => isOver ? 0 : Infinity);
  await rig.eventually("the call is live", async () => (await rig.memory()).activeCalls === 1);
  const [{ callSid }] = JSON.parse(await rig.get("/calls")).calls;
  const login = await fetch(`${server}/dashboard/login`, {
    method: "POST",
    body: new URLSearchParams({ token: ADMIN_TOKEN }),
    redirect: "manual",
  });
  await login.body?.cancel();
  const cookie = login.headers.get("set-cookie")!.split(";")[0];
  const headers = { cookie, connection: "close" }; // the kernel chooses a worker for each connection
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    const page = await fetch(`${server}/dashboard`, { headers });
    assert.match(await page.text(), /href="\/dashboard\/telephone"/);
    const shown = await fetch(`${server}/dashboard/talk?call=${callSid}`, { headers });
    const reader = shown.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("\n\n")) {
      text += (await reader.read()).value ?? assert.fail(`The talk ends: ${text}`);
    }
    await reader.cancel();
    assert.match(text, /^event: talk\ndata: \{"about":\{"business":"default","number":"….."/);
    const told = await fetch(`${server}/dashboard/calls/${callSid}/tell`, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", origin: server },
      body: JSON.stringify({ text: `News number ${connection}.`, say: false }),
    });
    assert.equal(told.status, 202, await told.text());
  }
  isOver = true;
  await talk;
});

Deno.test("slimline serve --workers 2: whichever worker answers a browser, its call is there, and is ended there", async () => {
  await using rig = await WorkersRig.start(2);
  const authorization = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const calls: { line: PageLine; callSid: string }[] = [];
  for (let count = 0; count < 6; count++) {
    const line = await PageLine.open(rig.url, authorization);
    line.call("default");
    calls.push({ line, callSid: await line.placed });
  }
  await rig.eventually("all agents are heard", () => calls.every(({ line }) => line.heardBytes > 0));
  assert.equal((await rig.memory()).activeCalls, calls.length);
  for (const { line, callSid } of calls) {
    assert.equal(await rig.post(`/calls/${callSid}/end`, undefined), 202);
    const { by, problems } = await line.over;
    assert.deepEqual([by, problems], ["server", []], "Twilio, which does not know the call, was not asked");
  }
  await rig.eventually("nothing is left", async () => (await rig.memory()).activeCalls === 0);
});
