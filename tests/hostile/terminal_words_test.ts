import assert from "node:assert/strict";
import { failure } from "../../src/cli/arguments.ts";
import { calls } from "../../src/cli/steer_calls.ts";
import { tool } from "../../src/cli/try_tool.ts";
import { AppError } from "../../src/util/errors.ts";
import { captureConsole } from "../support/capture_console.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** Clears the screen, asks the terminal to answer, sets its title, turns the text around, in 7 and in 8 bits. */
const EVIL = "a\x1b[2J\x1b[6n\x1b]0;owned\x07\x9b31m\u202eb\rc\x08";
/** What a terminal would act on. */
const ACTS = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

/** A server that answers everything with `answer`. */
function serve(answer: () => Response): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    await request.text();
    return answer();
  });
}

Deno.test("slimline tool shows what a service answers, and lets it do nothing to the terminal", async () => {
  for (
    const answer of [() => new Response(EVIL, { status: 500 }), () => new Response(JSON.stringify(EVIL))]
  ) {
    await using server = serve(answer);
    using folder = new TempFolder();
    const host = `127.0.0.1:${server.addr.port}`;
    folder.write(
      "shop.json",
      JSON.stringify({
        name: "Shop",
        numbers: ["+15550100200"],
        instructions: "Answer.",
        tools: {
          http: [{
            name: "find",
            description: `Finds ${EVIL}.`,
            parameters: { type: "object", properties: {} },
            url: `http://${host}/find`,
          }],
        },
      }),
    );
    const env = { BUSINESSES: folder.path, DATA_DIR: `${folder.path}/data`, PRIVATE_HOSTS: host };
    for (const argv of [["find"], ["find", "{}", "--json"], []]) {
      const { out, err } = await captureConsole(() => tool(["shop", ...argv], env));
      assert.match(out, /find|outcome/);
      assert.doesNotMatch(out + err, ACTS, argv.join(" "));
      assert.match(out, /\\u001b\[2J/, "it is shown");
    }
  }
});

Deno.test("slimline calls lets neither a caller's number nor a server's refusal do anything to the terminal", async () => {
  const call = { callSid: "CA1", business: EVIL, number: EVIL, isOutbound: false, durationMs: 1, state: "x" };
  const answers = [
    () => Response.json({ calls: [call] }),
    () => Response.json({ problems: [EVIL], code: "x" }, { status: 400 }),
    () => new Response(EVIL, { status: 500 }),
  ];
  for (const answer of answers) {
    await using server = serve(answer);
    const argv = ["list", "--server", `http://127.0.0.1:${server.addr.port}`];
    const { out, err } = await captureConsole(() => calls(argv, { ADMIN_TOKEN: "a test's admin token" }));
    assert.doesNotMatch(out + err, ACTS);
    assert.match(out + err, /\\u001b\[2J/, "it is shown");
  }
});

Deno.test("An error of a command lets what others have written do nothing to the terminal", async () => {
  const { err } = await captureConsole(() =>
    Promise.resolve(failure(new AppError("x", `Twilio said ${EVIL}`)))
  );
  assert.doesNotMatch(err, ACTS);
});
