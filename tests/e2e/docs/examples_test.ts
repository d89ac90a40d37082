import assert from "node:assert/strict";
import { type BlockPlace, testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";

// What each does besides is tested by tests/examples.
testBlocks("examples/", {
  "deno test --permission-set=test examples/conversation_test.ts": {
    async run(place) {
      const shell = place.start();
      await shell.says(/^ok \| [1-9]\d* passed .*\| 0 failed/m, 120_000);
      await shell.endsWell();
    },
  },
  "PUBLIC_URL=https://shop.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… deno run --permission-set=server examples/in_another_application.ts":
    { run: answersCalls },
  "PUBLIC_URL=https://voice.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… deno run --permission-set=server examples/own_record_store.ts":
    { run: answersCalls },
  "PUBLIC_URL=https://voice.example.com OPENAI_API_KEY=sk-… TWILIO_AUTH_TOKEN=… deno run --permission-set=server examples/tool_in_code.ts":
    { run: answersCalls },
});

async function answersCalls(place: BlockPlace): Promise<void> {
  const [, publicUrl] = /PUBLIC_URL=(\S+)/.exec(place.block.text)!;
  await using accounts = new EmulatedAccounts({}, publicUrl);
  const shell = place.start({
    env: accounts.places,
    placeholders: { "sk-…": accounts.openaiApiKey, "…": accounts.twilioAuthToken },
  });
  await shell.says(/Listening on/);
  const { instructions } = await accounts.talk(place.port, "+15550100000");
  assert.ok(instructions.length > 0);
  await shell.stop();
  await shell.endsWell();
}
