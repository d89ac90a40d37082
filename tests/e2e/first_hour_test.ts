import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import { eventually } from "../support/eventually.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { TempFolder } from "../support/temp_folder.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const AUTH_TOKEN = "a-test-auth-token";
const NUMBER = "+15551234567";

/** How the program is started in a folder, with this beside what the tests themselves have in their environment. */
function slimline(folder: TempFolder, args: string[], env: Record<string, string> = {}) {
  return new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "--allow-all", MAIN, ...args],
    cwd: folder.path,
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  });
}

async function run(folder: TempFolder, args: string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await slimline(folder, args, env).output();
  const decoder = new TextDecoder();
  return { code, out: decoder.decode(stdout).trim(), err: decoder.decode(stderr).trim() };
}

for (const from of ["office", "dentist", "restaurant"]) {
  Deno.test(`A business that slimline init makes from ${from} passes doctor without an edit, its server started from the same folder`, async () => {
    const clock = new SystemClock();
    using folder = new TempFolder();
    await using realtime = new EmulatedRealtimeApi({ clock });
    await using rest = new EmulatedTwilioApi({
      clock,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
      numbers: { [NUMBER]: { voiceUrl: "https://elsewhere.example.com/" } },
    });
    await using fallback = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      () => new Response("<Response><Say>Please call again.</Say></Response>"),
    );
    const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = free.addr;
    free.close();
    // The keys are known where the business is made, and nowhere else.
    const made = await run(
      folder,
      [
        "init",
        "acme",
        `--from=${from}`,
        `--number=${NUMBER}`,
        "--yes",
        `--fallback-url=http://127.0.0.1:${fallback.addr.port}/`,
      ],
      {
        PUBLIC_URL: `http://127.0.0.1:${port}`,
        OPENAI_API_KEY: "sk-test",
        OPENAI_REALTIME_URL: realtime.url,
        TWILIO_ACCOUNT_SID: ACCOUNT_SID,
        TWILIO_AUTH_TOKEN: AUTH_TOKEN,
        TWILIO_API_URL: rest.url,
      },
    );
    assert.equal(made.code, 0, made.out + made.err);

    const server = slimline(folder, ["serve"], { HOST: "127.0.0.1", PORT: String(port), LOG_FORMAT: "json" })
      .spawn();
    let log = "";
    const read = server.stderr.pipeThrough(new TextDecoderStream()).pipeTo(
      new WritableStream({ write: (text) => void (log += text) }),
    );
    const printed = server.stdout.cancel();
    try {
      await eventually("it listens", () => log.includes('"listening"'));
      const { code, out, err } = await run(folder, ["doctor"]);
      assert.equal(code, 0, out + err);
      assert.match(out, /\nCalls can be taken\.$/);
      assert.doesNotMatch(out, /^(?:BAD|\?|!) /m);
    } finally {
      server.kill("SIGTERM");
      assert.equal((await server.status).code, 0, log);
      await Promise.all([read, printed]);
    }
    const undone = await run(folder, ["doctor", "--undo", "--yes"]);
    assert.equal(undone.code, 0, undone.err);
    assert.equal(rest.numbers.settings(NUMBER)?.voiceUrl, "https://elsewhere.example.com/");
  });
}
