import { answerRest, FIRST_QUESTION } from "../e2e/docs/init_answers.ts";
import { BlockShell } from "../e2e/docs/block_shell.ts";
import { EmulatedAccounts } from "../e2e/docs/emulated_accounts.ts";
import { Workshop } from "../e2e/docs/workshop.ts";
import { blocksOf } from "../e2e/docs/pages.ts";

/*
 * From accounts to a number that rings, by README.md alone: its commands are typed on a terminal of an empty home with empty
 * caches, against emulated accounts. Prints how long each step takes beside what a person reads and types. Needs npm's registry and util-linux's `script`; in all at most two minutes, so that eight of ten are left for
 * the person.
 */

const MOST_SECONDS = 120;
/** For a registry that is far, or a machine that is busy. */
const STEP_MS = 300_000;
const NUMBER = "+15551234567";
const PORT = 18_180;

await using workshop = await Workshop.open({ isNew: true });
await workshop.clear({ clone: false });
await using accounts = new EmulatedAccounts({
  [NUMBER]: { voiceUrl: "https://demo.twilio.com/welcome/voice/" },
});

const [clone, number] = blocksOf("README.md");
const [cloning] = clone.text.split("\n");
const commands = `${cloning.replace("<this repository>", workshop.repository)}\n${number.text}`;

let lastMs = performance.now();
const beganMs = lastMs;
function step(name: string): void {
  const nowMs = performance.now();
  console.log(`${((nowMs - lastMs) / 1_000).toFixed(1).padStart(6)} s  ${name}`);
  lastMs = nowMs;
}

await using terminal = BlockShell.start(workshop, commands, {
  folder: workshop.desk,
  isTerminal: true,
  env: { ...accounts.places, PORT: `${PORT}` },
});
await terminal.says(FIRST_QUESTION, STEP_MS);
step("git clone; npx fetches Deno, and Deno the packages; init asks");
await terminal.types("");
await answerRest(terminal, { number: NUMBER, ...accounts });
await terminal.answers(/^What Twilio asks when it does not reach the server/m, "");
await terminal.answers(/^Change this at Twilio\? /m, "y");
await terminal.says(/^Set at Twilio: /m);
step("init has its answers, and has set the number at Twilio");
await terminal.says(/listening/, STEP_MS);
step("serve listens");
const { voiceUrl = "" } = accounts.twilio.numbers.settings(NUMBER)!;
await accounts.talk(PORT, NUMBER, voiceUrl);
step("a caller of the number has heard the greeting, spoken for a second, and heard the answer");
const seconds = (performance.now() - beganMs) / 1_000;
console.log(`${seconds.toFixed(1).padStart(6)} s  in all; at most ${MOST_SECONDS} s are wanted`);
await terminal.types("\x03"); // Ctrl-C, as npx does not pass a signal on
await terminal.ends();
Deno.exitCode = seconds <= MOST_SECONDS ? 0 : 1;
