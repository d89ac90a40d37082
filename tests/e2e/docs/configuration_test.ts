import assert from "node:assert/strict";
import { MALLOC_ENV } from "../../../src/cli/self.ts";
import { testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";

/** A server whose key is a variable. */
const MCP = {
  type: "mcp",
  server_label: "calendar",
  server_url: "https://calendar.example.com/mcp",
  authorization: "${BUSINESS_KEY}",
  require_approval: "never",
};

testBlocks("docs/configuration.md", {
  // The content of a file .env, which is read by every command, and by bash in the same way.
  "PUBLIC_URL=https://voice.example.com": {
    async run(place) {
      await using accounts = new EmulatedAccounts();
      place.write("slimline/.env", place.block.text);
      place.write(
        "slimline/businesses/acme.json",
        JSON.stringify({
          name: "Acme",
          numbers: ["+15551234567"],
          instructions: "Be kind.",
          tools: { mcp: [MCP] },
        }),
      );
      const { TWILIO_AUTH_TOKEN } = accounts.env;
      const server = place.type("npx -y deno task serve", { env: { ...accounts.places, TWILIO_AUTH_TOKEN } });
      await server.says(/"event":"listening".*"publicUrl":"https:\/\/voice\.example\.com"/);
      const key = String.raw`in double quotes " and \ have a backslash before them`;
      const token = "in single quotes all stays as it is";
      const { tools } = await accounts.talk(place.port, "+15551234567");
      assert.ok(
        tools.some((tool) => "authorization" in tool && tool.authorization === key),
        JSON.stringify(tools),
      );
      const answer = await fetch(`http://127.0.0.1:${place.port}/calls`, {
        headers: { authorization: `Bearer ${token}` },
      });
      await answer.body?.cancel();
      assert.equal(answer.status, 200);
      await server.stop();
      await server.endsWell();
      const bash = place.start({ behind: 'printf "%s\\n" "$BUSINESS_KEY" "$ADMIN_TOKEN"' });
      await bash.endsWell();
      assert.equal(bash.written, `${key}\n${token}\n`);
    },
  },

  // What whoever starts the executable sets, and `deno task serve` sets itself.
  "MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=32768 MALLOC_TRIM_THRESHOLD_=131072": {
    async run(place) {
      const shell = place.start({ behind: "set | grep ^MALLOC_" });
      await shell.endsWell();
      const set = Object.fromEntries(shell.written.trim().split("\n").map((line) => line.split("=")));
      assert.deepEqual(set, MALLOC_ENV);
      assert.ok(
        JSON.parse(place.read("slimline/deno.json")).tasks.serve.command.includes(place.block.text.trim()),
      );
    },
  },
});
