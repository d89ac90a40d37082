import { AppError } from "../util/errors.ts";

/** Where somebody answers questions. */
export interface Terminal {
  /**
   * What is answered to a question, without the white space around it; empty where nothing is.
   * @throws {AppError} `usage` when whoever is asked ends it
   */
  ask(question: string): Promise<string>;
  /** The same, for what must not stand on the screen. */
  askSecret(question: string): Promise<string>;
  /** Says something. */
  say(text: string): void;
}

/** Longest answer that is taken, in bytes. */
const MAX_ANSWER_BYTES = 4_096;

const [ETX, EOT, BACKSPACE, LINE_FEED, RETURN, DELETE] = [3, 4, 8, 10, 13, 127];

/** The terminal that this process is started in; undefined where there is none. */
export function ownTerminal(): Terminal | undefined {
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return undefined;
  return {
    ask: (question) => {
      const answer = prompt(question);
      return answer === null ? Promise.reject(ended()) : Promise.resolve(answer.trim());
    },
    askSecret: async (question) => {
      Deno.stdin.setRaw(true); // first: an answer may come as soon as the question stands there
      try {
        await Deno.stdout.write(new TextEncoder().encode(`${question} (not shown) `));
        return await readHidden();
      } finally {
        Deno.stdin.setRaw(false);
        console.log();
      }
    },
    say: (text) => console.log(text),
  };
}

/** Reads to the end of the line, in raw mode, where keys that edit or end come as bytes like any other. */
async function readHidden(): Promise<string> {
  const typed: number[] = [];
  const buffer = new Uint8Array(256);
  for (;;) {
    const count = await Deno.stdin.read(buffer);
    if (count === null) throw ended();
    for (const byte of buffer.subarray(0, count)) {
      if (byte === ETX || byte === EOT) throw ended();
      if (byte === RETURN || byte === LINE_FEED) {
        return new TextDecoder().decode(new Uint8Array(typed)).trim();
      }
      if (byte === BACKSPACE || byte === DELETE) typed.pop();
      else if (typed.length < MAX_ANSWER_BYTES) typed.push(byte);
    }
  }
}

function ended(): AppError {
  return new AppError("usage", "ended at the question.");
}
