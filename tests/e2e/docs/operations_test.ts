import assert from "node:assert/strict";
import { eventually, within } from "../../support/eventually.ts";
import { MongoServer, NO_MONGODB } from "../../support/mongo/mongo_server.ts";
import { type BlockPlace, portFree, testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";

const ADMIN_TOKEN = "a-token-of-the-operators";

testBlocks("docs/operations.md", {
  // No test has a Docker server: its client reads the commands, and then finds none.
  "docker build -t slimline .": {
    needs: { docker: "apt-get install docker.io" },
    async run(place) {
      place.write("slimline/.env", "PUBLIC_URL=https://voice.example.com\n");
      const env = { DOCKER_HOST: `unix://${place.workshop.folder}/no-docker.sock` };
      for (const command of place.commands) {
        const shell = place.type(command, { env });
        assert.notEqual(await shell.ends(), 0);
        assert.match(shell.written, /Cannot connect to the Docker daemon/);
        assert.doesNotMatch(shell.written, /unknown|invalid|usage/i);
      }
    },
  },

  "MONGODB_URI=mongodb+srv://…": {
    skip: NO_MONGODB,
    async run(place) {
      await using accounts = new EmulatedAccounts();
      await using mongo = await MongoServer.start();
      const server = place.start({
        env: accounts.env,
        placeholders: { "mongodb+srv://…": mongo.uri, "…": ADMIN_TOKEN },
        before: "set -a\n",
        behind: "deno run --quiet --no-prompt --permission-set=server main.ts serve\n",
      });
      await server.says(/"event":"listening"/);
      const answer = await fetch(`http://127.0.0.1:${place.port}/memory`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      });
      assert.equal((await answer.json()).limit, 768 * 1024 ** 2);
      const caller = accounts.caller(place.port, "+15550100000");
      const over = caller.place();
      await accounts.hears(caller, 0);
      await server.stop("SIGINT");
      await within("it ends before Deploy kills it", 5_000, server.endsWell());
      assert.equal((await over).endedBy, "server");
      await using client = mongo.client();
      assert.ok(await client.db().collection<{ _id: string }>("calls").findOne({ _id: caller.callSid }));
    },
  },

  // In three terminals.
  "npx -y deno task emulate --port 8090": {
    async run(place) {
      await portFree(8090);
      const [model, server, callers] = place.commands;
      const [emulator, slimline] = [place.type(model), place.type(server)];
      await emulator.says(/ws:\/\/127\.0\.0\.1:8090\/v1\/realtime/);
      await slimline.says(/"event":"listening"/);
      const calls = place.type(callers);
      await calls.says(/^5 good: 5 connected$/m);
      await calls.endsWell(60_000);
      const heard = [...Deno.readDirSync(`${place.checkout}/heard`)].map(({ name }) => name).sort();
      assert.deepEqual(heard, [1, 2, 3, 4, 5].map((number) => `call-${number}.wav`));
      for (const shell of [slimline, emulator]) {
        await shell.stop();
        await shell.endsWell();
      }
    },
  },

  // The collector is one that takes what comes, in the protocol that is the default.
  "OTEL_DENO=true OTEL_DENO_CONSOLE=ignore OTEL_SERVICE_NAME=slimline OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 npx -y deno task serve":
    {
      async run(place) {
        await portFree(4318);
        let traces = "";
        const options = { hostname: "127.0.0.1", port: 4318, onListen: () => {} };
        await using _collector = Deno.serve(options, async (request) => {
          const text = new TextDecoder("latin1").decode(await request.bytes());
          if (new URL(request.url).pathname === "/v1/traces") traces += text;
          return new Response();
        });
        await using accounts = new EmulatedAccounts();
        const server = place.start({ env: accounts.env });
        await server.says(/"event":"listening"/);
        await accounts.talk(place.port, "+15550100000");
        await server.stop();
        await server.endsWell();
        for (const name of ["service.name", "slimline", "invoke_agent", "connect ", "turn", "chat "]) {
          assert.ok(traces.includes(name), `${name} in ${traces.length} bytes of traces`);
        }
      },
    },

  // Each is tried on a call of its own: what was put through or ended cannot be put through again.
  "npx -y deno task calls": {
    async run(place) {
      await using accounts = new EmulatedAccounts();
      place.write(
        "slimline/businesses/acme.json",
        JSON.stringify({
          name: "Acme",
          numbers: ["+15551234567"],
          instructions: "Be kind.",
          transfers: [{ name: "sales", number: "+15551234568" }],
        }),
      );
      const server = place.type("npx -y deno task serve", { env: accounts.env });
      await server.says(/"event":"listening"/);
      const [list, tell, transfer, end] = place.commands;
      const steer = async (command: string, callSid: string) => {
        const shell = place.type(command.replace("CALLSID", callSid));
        await shell.endsWell();
        return shell.written;
      };

      const told = await connected(accounts, place);
      assert.match(await steer(list, ""), new RegExp(`^${told.caller.callSid}\\b`, "m"));
      await steer(tell, told.caller.callSid);
      await eventually(
        "the model learns it",
        () =>
          accounts.realtime.sessions.some(({ record }) =>
            record.eventsOf("conversation.item.create").some((event) =>
              JSON.stringify(event).includes("The doctor is late: offer four o'clock.")
            )
          ),
      );
      told.caller.hangUp();
      await told.over;

      const put = await connected(accounts, place);
      await steer(transfer, put.caller.callSid);
      await eventually("the caller is put through", () => put.caller.dialled.length > 0);
      assert.equal(put.caller.dialled[0].number, "+15551234568");
      put.caller.hangUp();
      await put.over;

      const ended = await connected(accounts, place);
      await steer(end, ended.caller.callSid);
      assert.equal((await ended.over).endedBy, "server");

      await server.stop();
      await server.endsWell();
    },
  },
});

/** A call in which the caller has heard the agent. */
async function connected(accounts: EmulatedAccounts, place: BlockPlace) {
  const caller = accounts.caller(place.port, "+15551234567");
  const over = caller.place();
  await accounts.hears(caller, 0);
  return { caller, over };
}
