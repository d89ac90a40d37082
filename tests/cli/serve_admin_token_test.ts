import assert from "node:assert/strict";
import { ServeProcess } from "../support/serve_process.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** The status of `GET /memory`, asked for by any name; `fetch` names the address that it connects to. */
async function statusAs(host: string, port: number): Promise<number> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  const request = `GET /memory HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
  await connection.write(new TextEncoder().encode(request));
  const answer = await new Response(connection.readable).text();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
}

Deno.test("slimline serve warns where operations lack a token, and tells them to this machine alone", async () => {
  using folder = new TempFolder();
  const env = {
    PUBLIC_URL: "https://voice.example.com",
    OPENAI_API_KEY: "sk-test",
    TWILIO_AUTH_TOKEN: "a test's auth token",
    DATA_DIR: folder.path,
  };
  const { server, port } = await ServeProcess.start({ env, folder: folder.path });
  await using _server = server;
  assert.match(server.log, /"level":"warning","event":"no_admin_token"/);
  assert.equal(await statusAs(`127.0.0.1:${port}`, port), 200);
  assert.equal(await statusAs(`localhost:${port}`, port), 200);
  assert.equal(await statusAs("voice.example.com", port), 403);
});
