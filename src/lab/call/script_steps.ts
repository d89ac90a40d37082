import type { CallerHangUp } from "../twilio/media_leg.ts";
import { spokenText } from "../openai/audio/heard_words.ts";
import { spokenTones } from "../openai/audio/tone.ts";
import { CallerSpeech } from "../twilio/caller_speech.ts";
import { type Stage, Unmet } from "./script_stage.ts";
import { type LoadSpeech, PARTY_USAGE } from "./script_parties.ts";
import { hasTone } from "./tone_detector.ts";

/** What one line of a script does. Returns words for its report; throws {@link Unmet} when it fails. */
export type Action = (stage: Stage) => Promise<string | void>;

/** A kind of line: how it is written, and what it means. */
export interface StepKind {
  usage: string;
  meaning: string;
  pattern: RegExp;
  /** `words` are what the pattern captured. */
  make(words: string[], load: LoadSpeech): Action | Promise<Action>;
}

/** How long `said`, `dialled` and `tone` are waited for when the line does not say. */
const DEFAULT_WITHIN_MS = 5000;
/** A tone is looked for in so much of what was heard last. */
const TONE_TAIL_BYTES = 2000 * 8;

/** Every kind of line, in the order of the help. */
export const STEP_KINDS: readonly StepKind[] = [
  {
    usage: "speak FILE",
    meaning: "says a WAV file, to its end",
    pattern: /^speak (\S.*)$/,
    make: async ([path], load) => {
      const speech = await load(path);
      return (stage) => stage.speak(speech);
    },
  },
  {
    usage: 'say "WORDS"',
    meaning: "says words in tones, one a word, which scripted models understand",
    pattern: /^say "(.+)"$/,
    make: ([words]) => {
      const speech = CallerSpeech.fromMuLaw(spokenTones(spokenText(words)).muLaw());
      return (stage) => stage.speak(speech);
    },
  },
  {
    usage: "tone HZ for MS",
    meaning: "sounds a tone, to its end",
    pattern: /^tone (\d+) for (\d+)$/,
    make: ([hz, ms]) => (stage) => stage.speak(CallerSpeech.tone(Number(hz), Number(ms))),
  },
  {
    usage: "pause MS",
    meaning: "says nothing for so long",
    pattern: /^pause (\d+)$/,
    make: ([ms]) => (stage) => stage.pause(Number(ms)),
  },
  {
    usage: "wait for audio within MS",
    meaning: "until something is heard",
    pattern: /^wait for audio within (\d+)$/,
    make: ([within]) => async (stage) => {
      const tookMs = await stage.waitFor(() => stage.isHearing, Number(within), () => "nothing was heard");
      return `after ${tookMs} ms`;
    },
  },
  {
    usage: "wait for silence of MS within MS",
    meaning: "until nothing has been heard for so long",
    pattern: /^wait for silence of (\d+) within (\d+)$/,
    make: ([silence, within]) => async (stage) => {
      const isSilent = () => stage.silentMs >= Number(silence);
      const tookMs = await stage.waitFor(isSilent, Number(within), () => "it was not silent");
      return `after ${tookMs} ms`;
    },
  },
  {
    usage: "interrupt with FILE after MS within MS",
    meaning: "speaks once so much of an answer has been heard",
    pattern: /^interrupt with (\S.*) after (\d+) within (\d+)$/,
    make: async ([path, after, within], load) => {
      const speech = await load(path);
      return async (stage) => {
        const isDue = () => stage.heardOfAnswerMs >= Number(after);
        await stage.waitFor(
          isDue,
          Number(within),
          () => `${Math.round(stage.heardOfAnswerMs)} ms were heard`,
        );
        await stage.speak(speech);
      };
    },
  },
  {
    usage: "press KEYS",
    meaning: "presses 0-9, * and #",
    pattern: /^press ([0-9*#]+)$/,
    make: ([keys]) => (stage) => {
      if (stage.caller.isOver) return Promise.reject(new Unmet("the call is over"));
      stage.caller.press(keys);
      return Promise.resolve();
    },
  },
  {
    usage: "expect heard at least MS",
    meaning: "of audio, in the whole call so far",
    pattern: /^expect heard at least (\d+)$/,
    make: ([least]) => (stage) => {
      const heard = `${Math.round(stage.heardMs)} ms`;
      return stage.heardMs >= Number(least) ? Promise.resolve(heard) : Promise.reject(new Unmet(heard));
    },
  },
  {
    usage: "expect tone HZ [within MS]",
    meaning: "in the last two seconds heard",
    pattern: /^expect tone (\d+)(?: within (\d+))?$/,
    make: ([hz, within]) => async (stage) => {
      const isThere = () =>
        [stage.caller.player, stage.caller.offStream].some((player) =>
          hasTone(player.heard(stage.clock.now()).subarray(-TONE_TAIL_BYTES), Number(hz))
        );
      await stage.waitFor(isThere, Number(within ?? DEFAULT_WITHIN_MS), () => "no such tone was heard");
    },
  },
  {
    usage: "expect clear within MS",
    meaning: "of when the caller last began to speak",
    pattern: /^expect clear within (\d+)$/,
    make: ([within]) => async (stage) => {
      const sinceMs = stage.spokeMs;
      if (sinceMs === undefined) throw new Unmet("the caller has not spoken");
      const clear = () => stage.caller.player.clears.find(({ atMs }) => atMs >= sinceMs);
      const leftMs = Math.max(0, sinceMs + Number(within) - stage.clock.now());
      await stage.waitFor(() => clear() !== undefined, leftMs, () => "nothing was cleared");
      const tookMs = Math.round(clear()!.atMs - sinceMs);
      if (tookMs > Number(within)) throw new Unmet(`cleared after ${tookMs} ms`);
      return `after ${tookMs} ms`;
    },
  },
  {
    usage: 'expect said "WORDS" [within MS]',
    meaning: "by <Say>, in these words among others",
    pattern: /^expect said "(.+)"(?: within (\d+))?$/,
    make: ([words, within]) => async (stage) => {
      const said = () => stage.caller.said.some((text) => text.toLowerCase().includes(words.toLowerCase()));
      const seen = () => `said: ${JSON.stringify(stage.caller.said)}`;
      await stage.waitFor(said, Number(within ?? DEFAULT_WITHIN_MS), seen);
    },
  },
  {
    usage: "expect dialled NUMBER [within MS]",
    meaning: "by <Dial>; also conference:NAME, sip:ADDRESS, client:NAME",
    pattern: /^expect dialled (\S+)(?: within (\d+))?$/,
    make: ([number, within]) => async (stage) => {
      const dialled = () => stage.eventDetails("dialled");
      const isDialled = () => dialled().includes(number);
      const seen = () => `dialled: ${JSON.stringify(dialled())}`;
      await stage.waitFor(isDialled, Number(within ?? DEFAULT_WITHIN_MS), seen);
    },
  },
  {
    usage: 'expect whispered "WORDS" [within MS]',
    meaning: "to who was dialled, in these words among others",
    pattern: /^expect whispered "(.+)"(?: within (\d+))?$/,
    make: ([words, within]) => async (stage) => {
      const whispered = () => stage.caller.parties.flatMap((party) => party.whispered);
      const isSaid = () => whispered().some((text) => text.toLowerCase().includes(words.toLowerCase()));
      const seen = () => `whispered: ${JSON.stringify(whispered())}`;
      await stage.waitFor(isSaid, Number(within ?? DEFAULT_WITHIN_MS), seen);
    },
  },
  {
    usage: "expect party to hear tone HZ [within MS]",
    meaning: "who was dialled, in the last two seconds heard there",
    pattern: /^expect party to hear tone (\d+)(?: within (\d+))?$/,
    make: ([hz, within]) => async (stage) => {
      const isThere = () =>
        stage.caller.parties.some(({ player }) =>
          hasTone(player.heard(stage.clock.now()).subarray(-TONE_TAIL_BYTES), Number(hz))
        );
      await stage.waitFor(isThere, Number(within ?? DEFAULT_WITHIN_MS), () => "no such tone was heard there");
    },
  },
  {
    usage: "expect keys KEYS [within MS]",
    meaning: "sounded into the call by <Play digits>",
    pattern: /^expect keys ([0-9*#w]+)(?: within (\d+))?$/,
    make: ([keys, within]) => async (stage) => {
      const played = () => stage.eventDetails("played");
      const seen = () => `played: ${JSON.stringify(played())}`;
      await stage.waitFor(() => played().includes(keys), Number(within ?? DEFAULT_WITHIN_MS), seen);
    },
  },
  {
    usage: "expect recorded [within MS]",
    meaning: "a message after the beep",
    pattern: /^expect recorded(?: within (\d+))?$/,
    make: ([within]) => async (stage) => {
      const isRecorded = () => stage.eventDetails("recorded").length > 0;
      await stage.waitFor(isRecorded, Number(within ?? DEFAULT_WITHIN_MS), () => "nothing was recorded");
    },
  },
  {
    usage: "expect end within MS",
    meaning: "the server ends the call",
    pattern: /^expect end within (\d+)$/,
    make: ([within]) => async (stage) => {
      const tookMs = await stage.waitFor(() => stage.caller.isOver, Number(within), () => "the call goes on");
      const { endedBy } = stage.caller.report();
      if (endedBy !== "server") throw new Unmet(`the ${endedBy} ended it`);
      return `after ${tookMs} ms`;
    },
  },
  {
    usage: "hang up [without stop | without close | by losing the line]",
    meaning: "ends the call",
    pattern: /^hang up(?: (without stop|without close|by losing the line))?$/,
    make: ([manner]) => async (stage) => {
      stage.caller.hangUp(HANG_UPS[manner ?? ""]);
      await stage.waitFor(() => stage.caller.isOver, HANG_UP_WITHIN_MS, () => "the call goes on");
    },
  },
];

const HANG_UPS: Record<string, CallerHangUp> = {
  "": "stop_and_close",
  "without stop": "close_only",
  "without close": "stop_only",
  "by losing the line": "drop",
};
/** Longer than the server has to close after a `stop` that no close follows. */
const HANG_UP_WITHIN_MS = 15_000;

/** The part of the command's help about scripts. */
export const SCRIPT_HELP =
  `A script is a text file with a step a line. Blank lines and lines that begin with # are skipped. Times are in
milliseconds, files are found beside the script. Before the first step, "from NUMBER", "to NUMBER" and "delay MS" say who
calls whom and how far away, and these what becomes of a number that is dialled ("for MS" is the talk's length, else until the
caller hangs up; other numbers ring for a second, say hello and hang up after three):

  ${PARTY_USAGE}

A call still going on after the last line is hung up. The talk is shown then, as the server's record has it.

${STEP_KINDS.map(({ usage, meaning }) => `  ${usage.padEnd(40)} ${meaning}`).join("\n")}`;
