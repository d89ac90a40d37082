import assert from "node:assert/strict";
import { dial } from "../../src/cli/dial.ts";

const ADMIN_TOKEN = "a test's admin token";

/** What the server was asked, and what the command printed and exited with. */
interface Outcome {
  code: number;
  out: string;
  err: string;
  asked: { path: string; authorization: string | null; body: unknown }[];
}

/** Runs the command against a server that gives `answer`. `--server` is added unless `port` tells how to find it. */
async function run(
  argv: string[],
  answer: () => Response = () => Response.json({ callSid: "CA1" }, { status: 201 }),
  env: (port: number) => Record<string, string> = () => ({ ADMIN_TOKEN }),
): Promise<Outcome> {
  const asked: Outcome["asked"] = [];
  const { log, error } = console;
  const printed = { out: "", err: "" };
  console.log = (line: string) => printed.out += line;
  console.error = (line: string) => printed.err += line;
  try {
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        const { headers, url } = request;
        asked.push({
          path: new URL(url).pathname,
          authorization: headers.get("authorization"),
          body: await request.json(),
        });
        return answer();
      },
    );
    const { port } = server.addr;
    const variables = env(port);
    const args = "PORT" in variables ? argv : [...argv, "--server", `http://127.0.0.1:${port}/`];
    return { code: await dial(args, variables), ...printed, asked };
  } finally {
    Object.assign(console, { log, error });
  }
}

Deno.test("slimline dial places a call and prints its SID", async () => {
  const { code, out, asked } = await run(["--to", "+15550100001"]);
  assert.deepEqual([code, out], [0, "CA1"]);
  assert.deepEqual(asked, [{
    path: "/calls",
    authorization: `Bearer ${ADMIN_TOKEN}`,
    body: { to: "+15550100001", machineDetection: "off" },
  }]);
});

Deno.test("slimline dial hands every option on", async () => {
  const options = ["--from", "+15550100000", "--business", "acme", "--machine-detection", "leave-message"];
  const { asked } = await run(["--to", "+15550100001", ...options]);
  assert.deepEqual(asked[0].body, {
    to: "+15550100001",
    from: "+15550100000",
    business: "acme",
    machineDetection: "leave_message",
  });
});

Deno.test("slimline dial asks the server on PORT by default, without a token where there is none", async () => {
  const { code, asked } = await run(["--to", "+15550100001"], undefined, (port) => ({
    PORT: String(port),
    DATA_DIR: "/tmp/there-is-none",
  }));
  assert.deepEqual([code, asked[0].authorization], [0, null]);
});

Deno.test("slimline dial prints every problem that the server found, and exits 2 when the request is wrong", async () => {
  const problems = ["to must be E.164.", "from is missing."];
  const { code, err } = await run(
    ["--to", "+15550100001"],
    () => Response.json({ problems }, { status: 400 }),
  );
  assert.equal(code, 2);
  for (const problem of problems) assert.ok(err.includes(problem));
});

Deno.test("slimline dial asks no server for a number that cannot be one", async () => {
  for (
    const args of [["--to", "5550100001"], ["--to", "+0123456789"], ["--to", "+15550100001", "--from", "me"]]
  ) {
    const { code, err, asked } = await run(args);
    assert.deepEqual([code, asked], [2, []]);
    assert.match(err, /must be a number in E\.164/);
  }
});

Deno.test("slimline dial exits 1 when the call is not placed", async () => {
  const answers: (() => Response)[] = [
    () => Response.json({ problems: ["No call can be taken on: full."] }, { status: 503 }),
    () => Response.json({ problems: ["Twilio answered 400"], code: "twilio_refused" }, { status: 502 }),
    () => new Response("A bearer token is needed.\n", { status: 401 }),
    () => new Response("not JSON", { status: 201 }),
    () => new Response(null, { status: 307, headers: { location: "/elsewhere" } }),
  ];
  for (const answer of answers) {
    const { code, out, err } = await run(["--to", "+15550100001"], answer);
    assert.deepEqual([code, out], [1, ""]);
    assert.ok(err.startsWith("The call was not placed"), err);
  }
});

Deno.test("slimline dial exits 1 when there is no server", async () => {
  let port = 0;
  await run(["--to", "+15550100001"], undefined, (free) => ({ PORT: String(port = free) }));
  const { error } = console;
  console.error = () => {};
  try {
    assert.equal(await dial(["--to", "+15550100001"], { PORT: String(port) }), 1);
  } finally {
    console.error = error;
  }
});

Deno.test("slimline dial exits 2 on wrong usage, and asks nobody", async () => {
  const wrong: [string[], Record<string, string>?][] = [
    [[]],
    [["--to"]],
    [["--to", "+15550100001", "--loud"]],
    [["--to", "+15550100001", "--machine-detection", "maybe"]],
    [["--to", "+15550100001"], { ADMIN_TOKEN: "short" }],
  ];
  for (const [argv, env = {}] of wrong) {
    const { code, asked, err } = await run(argv, undefined, () => env);
    assert.deepEqual([code, asked], [2, []], argv.join(" "));
    assert.notEqual(err, "");
  }
  const { error } = console;
  console.error = () => {};
  try {
    assert.equal(await dial(["--to", "+15550100001", "--server", "nowhere"], {}), 2);
    assert.equal(await dial(["--to", "+15550100001"], { PORT: "none" }), 2);
  } finally {
    console.error = error;
  }
});

Deno.test("slimline dial --help exits 0", async () => {
  const { code, out, asked } = await run(["--help"]);
  assert.deepEqual([code, asked], [0, []]);
  for (const option of ["--to", "--from", "--business", "--machine-detection", "--server", "ADMIN_TOKEN"]) {
    assert.ok(out.includes(option), option);
  }
});

Deno.test("slimline dial hands variables on, one --set for each", async () => {
  const { asked } = await run(["--to", "+15550100001", "--set", "name=Ada = B", "--set=topic="]);
  assert.deepEqual((asked[0].body as { variables: unknown }).variables, { name: "Ada = B", topic: "" });
  for (const wrong of [["--set", "name"], ["--set", "=x"], ["--set", "a=1", "--set", "a=2"], ["--set"]]) {
    const { code, asked } = await run(["--to", "+15550100001", ...wrong]);
    assert.deepEqual([code, asked], [2, []], wrong.join(" "));
  }
});
