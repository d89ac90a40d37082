import assert from "node:assert/strict";
import { addressProof } from "../../src/cluster/address_proof.ts";
import { calls } from "../../src/cli/steer_calls.ts";
import { captureConsole } from "../support/capture_console.ts";

const ADMIN_TOKEN = "a test's admin token";
const CALL = `CA${"1".repeat(32)}`;

interface Asked {
  what: string;
  authorization: string | null;
  body: unknown;
}

/** Runs the command against a server that gives `answer`. */
async function run(argv: string[], answer: () => Response = () => Response.json({}, { status: 202 })) {
  const asked: Asked[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { method, url, headers } = request;
    const text = await request.text();
    asked.push({
      what: `${method} ${new URL(url).pathname}`,
      authorization: headers.get("authorization"),
      body: text ? JSON.parse(text) : undefined,
    });
    return answer();
  });
  const args = [...argv, "--server", `http://127.0.0.1:${server.addr.port}/`];
  return { ...await captureConsole(() => calls(args, { ADMIN_TOKEN })), asked };
}

Deno.test("slimline calls lists the live calls, a line each", async () => {
  const call = {
    callSid: CALL,
    business: "acme",
    number: "…07",
    isOutbound: false,
    durationMs: 65_400,
    state: "answering",
  };
  const { code, out, asked } = await run([], () => Response.json({ calls: [call] }));
  assert.deepEqual([code, out], [0, `${CALL}  acme  from …07  1:05  answering`]);
  assert.deepEqual(asked, [{ what: "GET /calls", authorization: `Bearer ${ADMIN_TOKEN}`, body: undefined }]);
});

for (
  const [argv, path, body] of [
    [["end", CALL], "end", {}],
    [["transfer", CALL, "sales"], "transfer", { target: "sales" }],
    [["tell", CALL, "We close at five."], "tell", { text: "We close at five.", say: true }],
    [["tell", CALL, "We close at five.", "--quiet"], "tell", { text: "We close at five.", say: false }],
  ] as const
) {
  Deno.test(`slimline calls ${argv.join(" ")} asks the server for it`, async () => {
    const { code, asked } = await run([...argv]);
    assert.equal(code, 0);
    assert.deepEqual(asked.map(({ what, body }) => ({ what, body })), [{
      what: `POST /calls/${CALL}/${path}`,
      body,
    }]);
  });
}

Deno.test("slimline calls prints why the server refuses", async () => {
  const { code, err } = await run(
    ["transfer", CALL, "nobody"],
    () =>
      Response.json({
        problems: ["The call's business has no such transfer target."],
        code: "target_unknown",
      }, { status: 400 }),
  );
  assert.equal(code, 2);
  assert.match(err, /has no such transfer target/);
});

Deno.test("slimline calls says how an action is written", async () => {
  const said = async (...argv: string[]) => (await run(argv)).err.split("\n")[0];
  assert.equal(await said("end"), "slimline calls: It is written end CALLSID.");
  assert.equal(await said("list", CALL), "slimline calls: It is written list.");
  assert.equal(
    await said("tell", CALL, "the", "table"),
    "slimline calls: It is written tell CALLSID TEXT, with a text of several words in quotes.",
  );
});

for (
  const argv of [["hang-up", CALL], ["end"], ["tell", CALL], ["tell", CALL, "a", "b"], [
    "end",
    CALL,
    "--quiet",
  ]]
) {
  Deno.test(`slimline calls ${argv.join(" ")} is wrong usage`, async () => {
    const { code, asked } = await run(argv);
    assert.deepEqual([code, asked], [2, []]);
  });
}

Deno.test("slimline calls asks the instance of the fleet that has the call, and no third one", async () => {
  const asked: string[] = [];
  await using there = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    asked.push(`${request.method} ${request.headers.get("authorization")}`);
    return Response.json(asked.length === 1 ? {} : elsewhere("http://127.0.0.1:1"), {
      status: asked.length === 1 ? 202 : 409,
    });
  });
  const elsewhere = (instance: string | null, proof: string | null = null) => ({
    problems: [`The call is live at ${instance}.`],
    code: "call_elsewhere",
    instance,
    proof,
  });
  const named = `http://127.0.0.1:${there.addr.port}`;
  const end = (instance: string | null, proof?: string) =>
    run(["end", CALL], () => Response.json(elsewhere(instance, proof), { status: 409 }));
  // Whoever may write to the fleet's database can name any address, and would be sent the token.
  for (const proof of [undefined, "", await addressProof("another token", named)]) {
    const unproven = await end(named, proof);
    assert.deepEqual([unproven.code, asked.length], [1, 0]);
    assert.match(unproven.err, /The call is live at http:\/\/127\.0\.0\.1:/);
  }
  const proof = await addressProof(ADMIN_TOKEN, named);
  assert.equal((await end(named, proof)).code, 0);
  assert.deepEqual(asked, [`POST Bearer ${ADMIN_TOKEN}`]);
  const moved = await end(named, proof); // it has moved on meanwhile
  assert.deepEqual([moved.code, asked.length], [1, 2]);
  assert.match(moved.err, /live at http:\/\/127\.0\.0\.1:1\./);
  for (const nowhere of [null, "file:///etc/passwd"]) assert.equal((await end(nowhere)).code, 1);
});
