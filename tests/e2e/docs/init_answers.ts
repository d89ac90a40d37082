import type { BlockShell } from "./block_shell.ts";

/** What somebody types whom `init` asks. Whatever is not here is answered with Enter. */
export interface InitAnswers {
  number: string;
  /** Numbers by the name of the example's transfer. */
  transfers?: Readonly<Record<string, string>>;
  publicUrl?: string;
  openaiApiKey?: string;
  twilioAccountSid?: string;
  twilioAuthToken?: string;
}

/** What `slimline init` asks first: it has begun. */
export const FIRST_QUESTION = /^Name, as it is spoken/m;

/** Answers every question of `slimline init` behind that for the name, in its order, to the last one about `.env`. */
export async function answerRest(shell: BlockShell, answers: InitAnswers): Promise<void> {
  const asked: [RegExp, string?][] = [
    [/^Twilio number that it answers/m, answers.number],
    [/^Opening hours/m, "always"],
    [/^Time zone/m],
    [/^Language/m],
    [/^Voice/m],
    ...Object.entries(answers.transfers ?? {}).map((
      [name, number],
    ): [RegExp, string] => [new RegExp(`^Number of "${name}"`, "m"), number]),
  ];
  for (const [question, answer = ""] of asked) await shell.answers(question, answer);
  // The transfers that are left, wishes, and what callers may be told.
  const more =
    /^(?:Number of ".*|What may callers (?:want|be told).*One a line.*|The https URL by which Twilio.*)/m;
  for (;;) {
    const [question] = await shell.says(more);
    if (question.startsWith("The https")) break;
    await shell.types("");
  }
  await shell.types(answers.publicUrl ?? "");
  await shell.answers(/^Key of OpenAI's API.*not shown/m, answers.openaiApiKey ?? "");
  await shell.answers(/^Account SID of Twilio/m, answers.twilioAccountSid ?? "");
  await shell.answers(/^Auth token of Twilio.*not shown/m, answers.twilioAuthToken ?? "");
}

/** Answers every question from the first to the last one about `.env`. */
export async function answerInit(shell: BlockShell, answers: InitAnswers): Promise<void> {
  await shell.answers(FIRST_QUESTION, "");
  await answerRest(shell, answers);
}
