import assert from "node:assert/strict";
import { testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";
import { answerInit } from "./init_answers.ts";

const COPY = `cp businesses/restaurant.example.json businesses/restaurant.json
cp businesses/dentist.example.json businesses/dentist.json
`;

testBlocks("businesses/README.md", {
  "npx -y deno task init linden-street --from dentist": {
    needs: { script: "apt-get install bsdutils" },
    async run(place) {
      const shell = place.start({ isTerminal: true });
      await answerInit(shell, { number: "+15551234567", transfers: { Reception: "+15550100101" } });
      await shell.says(/^Wrote .*businesses\/linden-street\.json/m);
      await shell.endsWell();
      const business = JSON.parse(place.read("slimline/businesses/linden-street.json"));
      assert.deepEqual([business.name, business.numbers], ["Linden Street", ["+15551234567"]]);
      assert.equal(business.tools?.http, undefined, "the example's tool leads nowhere");
      assert.deepEqual(business.transfers.map(({ number }: { number: string }) => number), ["+15550100101"]);
    },
  },

  "cp businesses/dentist.example.json businesses/dentist.json": {
    async run(place) {
      await using accounts = new EmulatedAccounts();
      const server = place.start({
        env: {
          ...accounts.env,
          BUSINESS_DENTIST_CALENDAR_TOKEN: "a token",
          BUSINESS_DENTIST_SIGNING_SECRET: "a secret",
        },
        behind: `echo "What is new: the doctor's cat." >>businesses/dentist.md
sed -i 's/dentist\\.example\\.md/dentist.md/' businesses/dentist.json
npx -y deno task serve
`,
      });
      await server.says(/"event":"listening"/);
      assert.match((await accounts.talk(place.port, "+15550100100")).instructions, /the doctor's cat/);
      await server.stop();
      await server.endsWell();
    },
  },

  "export BUSINESS_DENTIST_CALENDAR_TOKEN=… BUSINESS_DENTIST_SIGNING_SECRET=…": {
    async run(place) {
      await using accounts = new EmulatedAccounts();
      const { env } = accounts;
      const refused = place.type(`${COPY}npx -y deno task serve`, { env });
      assert.equal(await refused.ends(), 2);
      for (const name of place.block.text.match(/BUSINESS_\w+/g)!) {
        assert.match(refused.written, new RegExp(`needs the variable ${name}, which is not set`));
      }
      const server = place.start({
        env,
        placeholders: { "…": "a-secret" },
        behind: `${COPY}npx -y deno task serve`,
      });
      await server.says(/"event":"businesses_loaded".*"businesses":2,.*"problems":0/);
      await server.says(/"event":"listening"/);
      const { tools } = await accounts.talk(place.port, "+15550100200");
      assert.ok(tools.some((tool) => "authorization" in tool && tool.authorization === "a-secret"));
      await server.stop();
      await server.endsWell();
    },
  },
});
