import assert from "node:assert/strict";
import { LogReader } from "../support/serve_process.ts";
import { killProcess } from "../support/kill_process.ts";

const TOKEN = "an operator's long token";

const ENV = {
  HOST: "127.0.0.1",
  PORT: "0",
  PUBLIC_URL: "https://voice.example.com",
  OPENAI_API_KEY: "sk-test",
  TWILIO_AUTH_TOKEN: "a test's auth token",
  ADMIN_TOKEN: TOKEN,
  LOG_FORMAT: "json",
};

Deno.test("slimline serve stops in good order while somebody looks at its dashboard", async () => {
  const server = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--permission-set=server", "main.ts", "serve"],
    env: ENV,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  await using log = new LogReader(server.stderr);
  try {
    const [, port] = await log.until(/"event":"listening".*"port":(\d+)/);
    const dashboard = `http://127.0.0.1:${port}/dashboard`;
    const login = await fetch(`${dashboard}/login`, {
      method: "POST",
      body: new URLSearchParams({ token: TOKEN }),
      redirect: "manual",
    });
    await login.body?.cancel();
    const cookie = login.headers.get("set-cookie")!.split(";")[0];
    const events = await fetch(`${dashboard}/events`, { headers: { cookie } });
    const viewer = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    let seen = "";
    while (!seen.includes("event: now")) seen += (await viewer.read()).value;
    server.kill("SIGTERM");
    while (!(await viewer.read()).done); // else this would never end
  } catch (error) {
    killProcess(server, "SIGKILL");
    throw error;
  }
  await log.until(/"event":"stopped"/);
  assert.equal((await server.status).code, 0);
  assert.ok(!log.text.includes(TOKEN), "the token is not logged");
});
