import type { Problem } from "../twilio/media_leg.ts";

/** What is wrong where one of Twilio's codes comes with one of these words, and the flag that helps. */
const HINTS: readonly { code: number; words: RegExp; hint: string }[] = [
  {
    code: 11205,
    words: /refused|unreachable|lookup|resolve/i,
    hint: "nobody listens there: --to says where the server does",
  },
  {
    code: 11200,
    words: /answered 40[013]\b/,
    hint: "it takes only what is signed for it: --token is its Twilio auth token, --public its PUBLIC_URL; " +
      'one with --insecure wants --token ""',
  },
  { code: 11200, words: /answered 40[45]\b/, hint: "--path says where its voice webhook is" },
  { code: 11200, words: /is not under the public URL/, hint: "--public is what the server calls itself" },
  {
    code: 31902,
    words: /is not under the public URL/,
    hint: "--public is what the server calls itself",
  },
  {
    code: 31920,
    words: /\b40[13]\b/,
    hint: "streams are signed as well: --token is its Twilio auth token, --public its PUBLIC_URL",
  },
];

/** The problem in Twilio's code and words, with the flag that helps where one does. */
export function describeProblem({ code, message }: Problem): string {
  const text = code ? `${code} ${message}` : message;
  const found = HINTS.find((hint) => hint.code === code && hint.words.test(message));
  return found ? `${text.replace(/\.$/, "")} (${found.hint})` : text;
}
