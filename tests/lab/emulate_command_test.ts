import assert from "node:assert/strict";
import { emulate } from "../../src/lab/emulate_command.ts";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { captureConsole } from "../support/capture_console.ts";

for (
  const [argv, wanted] of [
    [["--port", "70000"], /--port is "70000"/],
    [["--port", "-1"], /--port|'-1'/],
    [["--port", ""], /--port is ""/],
    [["--agent", "parrot"], /--agent is "parrot"; echo or tone is wanted/],
    [["--agent", "tone", "--seconds", "0"], /--seconds is "0"/],
    [["--seconds", "121"], /--seconds is "121"/],
    [["--speed", "fast"], /--speed is "fast"/],
    [["--nonsense"], /--nonsense/],
  ] as const
) {
  Deno.test(`slimline emulate ${argv.join(" ")} is wrong usage`, async () => {
    const { code, out, err } = await captureConsole(() => emulate([...argv]));
    assert.equal(code, 2);
    assert.equal(out, "");
    assert.match(err, wanted);
  });
}

Deno.test("slimline emulate tells all that is wrong at once", async () => {
  const { err } = await captureConsole(() => emulate(["--port", "x", "--agent", "y", "--speed", "0"]));
  assert.equal(err.split("\n").length, 3);
});

Deno.test("slimline emulate fails when its port is taken", async () => {
  await using other = new EmulatedRealtimeApi();
  const { port } = new URL(other.url);
  const { code, err } = await captureConsole(() => emulate(["--port", port]));
  assert.equal(code, 1);
  assert.match(err, new RegExp(`cannot listen on port ${port}: .`));
});

Deno.test("slimline emulate serves until a signal, and tells the URL first", async () => {
  const child = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-net=127.0.0.1", "main.ts", "emulate", "--agent", "tone"],
    stdout: "piped",
    stderr: "inherit",
    stdin: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  try {
    const { value = "" } = await reader.read();
    const url = /^OPENAI_REALTIME_URL=(ws:\/\/127\.0\.0\.1:\d+\/v1\/realtime)\n$/.exec(value)?.[1];
    assert.ok(url, value);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
    conn.close();
  } finally {
    child.kill("SIGTERM");
    await reader.cancel();
  }
  assert.equal((await child.status).code, 0);
});
