import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { eventually } from "../support/eventually.ts";
import { PageLine } from "../support/page_line.ts";
import { OPERATORS_TOKEN, ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

const AUTHORIZATION = { authorization: `Bearer ${OPERATORS_TOKEN}` };
const PATIENCE_MS = 30_000;

const TWILIO = { TWILIO_AUTH_TOKEN: "a test's auth token" };

for (
  const { env, flags } of [
    { env: { HOST: "127.0.0.1", ...TWILIO }, flags: [] },
    { env: { HOST: "0.0.0.0", ...TWILIO }, flags: [] },
    { env: { HOST: "127.0.0.1" }, flags: ["--insecure"] },
    // Only sub-accounts are believed.
    { env: { HOST: "localhost", TWILIO_AUTH_TOKEN: `AC${"a".repeat(32)}:its token` }, flags: [] },
  ]
) {
  const how = [env.HOST, ...flags].join(" ");
  Deno.test(`A server that runs, with no more permissions than it needs, takes calls by browser: ${how}`, async () => {
    using folder = new TempFolder();
    const acme = { name: "Acme", numbers: ["+15550100100"], instructions: "Be brief.", holdWords: [] };
    await Deno.writeTextFile(`${folder.path}/acme.json`, JSON.stringify(acme));
    await using model = new EmulatedRealtimeApi();
    const { server, port } = await ServeProcess.start({
      folder: folder.path,
      flags,
      env: {
        ...env,
        PUBLIC_URL: "https://voice.example.com",
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: model.url,
        DATA_DIR: folder.path,
      },
    });
    await using _ = server;
    const origin = `http://127.0.0.1:${port}`;
    const dashboard = await fetch(`${origin}/dashboard`, { headers: AUTHORIZATION });
    assert.match(await dashboard.text(), /href="\/dashboard\/telephone"/);
    const page = await fetch(`${origin}/dashboard/telephone`, { headers: AUTHORIZATION });
    assert.match(await page.text(), /"id":"acme"/);
    const line = await PageLine.open(origin, AUTHORIZATION);
    line.call("acme");
    const callSid = await line.placed;
    await eventually("the agent is heard", () => line.heardBytes > 0, PATIENCE_MS);
    line.hangUp();
    const { by, problems } = await line.over;
    assert.deepEqual([by, problems], ["caller", []], server.log);
    await eventually("its record is kept", async () => {
      const answer = await fetch(`${origin}/dashboard/records?call=${callSid}`, { headers: AUTHORIZATION });
      const { reason } = await answer.json();
      return reason === "caller_hung_up";
    }, PATIENCE_MS);
  });
}
