import assert from "node:assert/strict";
import { tool } from "../../src/cli/try_tool.ts";
import { captureConsole } from "../support/capture_console.ts";
import { TempFolder } from "../support/temp_folder.ts";

/** A folder with one business, whose HTTP tool asks a service that answers with `answer`. */
class ToolRig implements AsyncDisposable {
  readonly bodies: unknown[] = [];
  readonly headers: Headers[] = [];
  answer: () => Response | Promise<Response> = () => Response.json({ free: ["Monday"] });
  readonly #folder = new TempFolder();
  readonly #server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    this.bodies.push(await request.json());
    this.headers.push(request.headers);
    return await this.answer();
  });

  constructor() {
    const business = {
      name: "Bike shop",
      numbers: ["+15550100200"],
      instructions: "Answer.",
      transfers: [{ name: "desk", description: "the desk", number: "+15550100201" }],
      tools: {
        builtIn: ["end_call", "take_message"],
        http: [{
          name: "find_slot",
          description: "Finds a time.",
          parameters: { type: "object", properties: { day: { type: "string" } }, required: ["day"] },
          url: `http://127.0.0.1:${this.#server.addr.port}/find`,
          headers: { authorization: "Bearer very-secret" },
          timeoutMs: 500,
        }],
        mcp: [{ type: "mcp", server_label: "crm", server_url: "https://mcp.example.com" }],
      },
    };
    this.#folder.write("businesses/shop.json", JSON.stringify(business));
  }

  run(...argv: string[]) {
    const { path } = this.#folder;
    const env = {
      BUSINESSES: `${path}/businesses`,
      DATA_DIR: `${path}/data`,
      PRIVATE_HOSTS: `127.0.0.1:${this.#server.addr.port}`,
    };
    return captureConsole(() => tool(["shop", ...argv], env));
  }

  async [Symbol.asyncDispose]() {
    this.#folder[Symbol.dispose]();
    await this.#server.shutdown();
  }
}

Deno.test("slimline tool runs an HTTP tool as a call would, and shows request, answer and time", async () => {
  await using rig = new ToolRig();
  const { code, out } = await rig.run("find_slot", `{"day":"Monday"}`, "--from", "+15551112222");
  assert.equal(code, 0, out);
  assert.deepEqual(rig.bodies, [{
    arguments: { day: "Monday" },
    call: { sid: `CA${"0".repeat(32)}`, business: "shop", from: "+15551112222", to: "+15550100200" },
  }]);
  assert.equal(rig.headers[0].get("authorization"), "Bearer very-secret");
  assert.match(out, /^request {2}POST http:\/\/127\.0\.0\.1:\d+\/find$/m);
  assert.match(out, /authorization: \(as the business has it\)/);
  assert.ok(!out.includes("very-secret"));
  assert.match(out, /^answer {3}200 after \d+ ms\n {9}\{"free":\["Monday"\]\}$/m);
  assert.match(out, /^model {4}\{"free":\["Monday"\]\}$/m);
  assert.match(out, /^time {5}\d+ ms of 500 ms$/m);
});

Deno.test("slimline tool fails as a call's tool does: bad arguments, a bad answer, none in time", async () => {
  await using rig = new ToolRig();
  const refused = await rig.run("find_slot", "{}");
  assert.equal(refused.code, 1);
  assert.match(refused.out, /^outcome {2}refused\nmodel .*day/m);
  assert.equal(rig.bodies.length, 0);
  rig.answer = () => new Response("closed", { status: 503 });
  assert.match(
    (await rig.run("find_slot", `{"day":"x"}`)).out,
    /^answer {3}503 .*\n {9}closed\n.*failed\nmodel .*503/m,
  );
  const late = Promise.withResolvers<Response>();
  rig.answer = () => late.promise;
  const { code, out } = await rig.run("find_slot", `{"day":"x"}`, "--json");
  late.resolve(new Response());
  const run = JSON.parse(out);
  assert.deepEqual([code, run.outcome, run.timeoutMs], [1, "timed_out", 500]);
  assert.ok(run.durationMs >= 500, `${run.durationMs}`);
});

Deno.test("slimline tool tells what would be done to the call", async () => {
  await using rig = new ToolRig();
  const transfer = await rig.run("transfer_call", `{"target":"desk"}`);
  assert.equal(transfer.code, 0);
  assert.match(transfer.out, /^call {5}put through to desk, \+15550100201 \(not done: there is no call\)$/m);
  const message = await rig.run("take_message", `{"name":"Ada","text":"Call me"}`);
  assert.match(message.out, /^call {5}message of Ada \(\+15550100001\): Call me /m);
  assert.match((await rig.run("end_call")).out, /hung up/);
});

Deno.test("slimline tool lists the tools, and says which there are where there is no such one", async () => {
  await using rig = new ToolRig();
  const list = await rig.run();
  assert.equal(list.code, 0);
  assert.match(list.out, /^find_slot {2}day\n {2}Finds a time\.$/m);
  assert.match(list.out, /^end_call {2}\[reason\]$/m);
  assert.match(list.out, /^crm .*MCP/m);
  const { code, err } = await rig.run("find_slots");
  assert.equal(code, 2);
  assert.match(err, /shop has no tool "find_slots"\. Did you mean find_slot\?.*transfer_call.*\(crm\)/);
  assert.equal((await rig.run("find_slot", "{}", "more")).code, 2);
});
