import assert from "node:assert/strict";
import { muLawEncode } from "../../../src/audio/mulaw_buffers.ts";
import { eventually } from "../../support/eventually.ts";
import { PageLine } from "../../support/page_line.ts";
import { portFree, testBlocks } from "./command_blocks.ts";
import { EmulatedAccounts } from "./emulated_accounts.ts";
import { answerInit } from "./init_answers.ts";
import { commandsOf, firstBlock } from "./pages.ts";

const NUMBER = "+15551234567";
/** What Twilio sets for a new number. */
const WELCOME = "https://demo.twilio.com/welcome/voice/";

testBlocks("README.md", {
  "git clone <this repository> slimline && cd slimline": {
    hasClone: false,
    async run(place) {
      const shell = place.start({
        folder: place.workshop.desk,
        placeholders: { "<this repository>": place.workshop.repository },
      });
      const [, page] = await shell.says(/^Talk to it here: (\S+)$/m, 120_000);
      await eventually("a browser is opened", () => place.workshop.opened().includes(page));
      const url = new URL(page);
      url.hostname = "127.0.0.1";
      assert.match(await (await fetch(url)).text(), /Talk to the agent/);
      await talkAndListen(url.origin);
      await shell.stop();
      await shell.endsWell();
    },
  },

  "npx -y deno task init linden-street": {
    needs: { script: "apt-get install bsdutils" },
    async run(place) {
      await using accounts = new EmulatedAccounts({
        [NUMBER]: { voiceUrl: WELCOME },
      });
      const shell = place.start({ isTerminal: true, env: accounts.places });
      await answerInit(shell, { number: NUMBER, ...accounts });
      await shell.answers(/^What Twilio asks when it does not reach the server/m, "");
      await shell.answers(/^Change this at Twilio\? /m, "y");
      await shell.says(/listening/);
      for (const secret of [accounts.openaiApiKey, accounts.twilioAuthToken]) {
        assert.ok(!shell.written.includes(secret), "secrets do not stand on the screen");
      }
      const { voiceUrl = "" } = accounts.twilio.numbers.settings(NUMBER)!;
      const { instructions } = await accounts.talk(place.port, NUMBER, voiceUrl);
      assert.match(instructions, /Linden Street/);

      // What the next steps tell to type, in another terminal. Nothing here is at the public address.
      const doctor = place.type("npx -y deno task doctor", { isTerminal: true });
      await doctor.says(/^ok +OpenAI +.* took the session of linden-street/m);
      await doctor.says(new RegExp(`^ok +Twilio +\\${NUMBER} rings here`, "m"));
      await doctor.says(/^Nothing is bad\. Not known: PUBLIC_URL\.$/m);
      assert.equal(await doctor.ends(), 3);
      await shell.stop();
      await shell.endsWell();
      const undo = place.type("npx -y deno task doctor --undo", { isTerminal: true });
      await undo.answers(/\? \[y\/N\]/, "y");
      await undo.endsWell();
      assert.equal(accounts.twilio.numbers.settings(NUMBER)!.voiceUrl, WELCOME);
    },
  },

  // The program is the one that stands above it.
  "npx -y deno run --config slimline/deno.json --permission-set=server app.ts": {
    async run(place) {
      await portFree(8080);
      place.write("app.ts", firstBlock("README.md", "ts"));
      await using accounts = new EmulatedAccounts();
      const shell = place.start({ folder: place.workshop.desk, env: accounts.env });
      await shell.says(/8080/);
      assert.match((await accounts.talk(8080, "+15550100100")).instructions, /You answer the telephone\./);
      await shell.stop();
      assert.equal(await shell.ends(), 128 + 15, "it does nothing about SIGTERM");
    },
  },

  // They take minutes: .ci/run runs these very commands, with the version of Deno that it names.
  "npx -y deno task test": {
    run({ block }) {
      const script = Deno.readTextFileSync(".ci/run");
      assert.match(script, /^deno\(\) \{ .*npx -y "deno@\$DENO_VERSION" "\$@"; \}$/m);
      assert.match(script, /^run_tests\(\) \{ deno task "\$1" /m);
      assert.match(script, /^run_suite\(\) \{\n {2}local suite=\$1 .*\n {2}run_tests "\$suite" /m);
      for (const command of commandsOf(block)) {
        const [, task] = /^npx -y deno task (\S+)$/.exec(command)!;
        assert.match(script, new RegExp(`^section ".+" run_suite ${task}$`, "m"));
      }
      return Promise.resolve();
    },
  },
});

/** Talks to the agent of a page with a telephone, as its browser does, until what was said is said back. */
async function talkAndListen(server: string): Promise<void> {
  const page = await PageLine.open(server, {});
  page.call("default");
  await page.placed;
  await eventually("the agent greets", () => page.heardBytes > 0);
  const greeted = page.heardBytes;
  page.say(
    muLawEncode(
      Int16Array.from(
        { length: 8_000 },
        (_, at) => Math.round(8_000 * Math.sin(2 * Math.PI * 440 * at / 8_000)),
      ),
    ),
  );
  await eventually("a second is said back", () => page.heardBytes >= greeted + 7_000);
  page.hangUp();
  const { problems } = await page.over;
  assert.deepEqual(problems, []);
  await page.closed;
}
