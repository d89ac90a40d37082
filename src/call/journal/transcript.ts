import { cutText, shorten, wholeCharacters } from "../../util/cut_text.ts";
import type { Clock } from "../../util/clock.ts";
import type { ToolRun } from "../tools/tool.ts";
import { INAUDIBLE, type TranscriptEntry, type Turn } from "./transcript_entry.ts";

/** Most entries kept. An hour's talk has a few hundred. */
export const MAX_ENTRIES = 2_000;
/** Most characters kept. An hour's talk has some 60,000. */
export const MAX_CHARS = 200_000;
/** Longest text of one turn, in characters: twenty minutes of speech. */
export const MAX_TURN_CHARS = 20_000;
/** Longest arguments, and longest output, of a tool's entry, in characters. */
export const MAX_TOOL_CHARS = 2_000;

/** An interruption that may be taken back is among the latest entries: what it cut off was being heard. */
const MAX_REVOCABLE = 300;

/** What a conversation item is to the transcript: speech of either side, or only a place in the order. */
export type ItemKind = "user" | "assistant" | "other";

/** A place in the order of the conversation. */
interface Place {
  /** Empty for what is no item of OpenAI's conversation, such as pressed keys. */
  readonly itemId: string;
  /** Undefined as long as the item has nothing to show. */
  entry: TranscriptEntry | undefined;
  /**
   * Assistant: audio of it has come. Without audio nothing of it can have been heard, whatever text there is.
   */
  hasAudio: boolean;
  /** Assistant: what it says beyond the cut, too, while that may be taken back. */
  whole?: string;
  /** Assistant: how much was heard of an answer that was cut off before any of its text had come. */
  share?: { readonly heardMs: number; readonly audioMs: number; text: string };
  /** User: its transcription has not come to its end. */
  isPartial?: boolean;
}

/**
 * What was said in a call, as the caller heard it, in the order of the conversation: that of OpenAI's items,
 * not that in which their texts arrive, since transcriptions come late and in any order. Outlives sessions:
 * items of a new session follow those of the old one. Bounded; the oldest entries go first and are counted.
 */
export class Transcript {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #places: Place[] = [];
  #chars = 0;
  #dropped = 0;
  /** The caller's speech that has begun last, which has no item yet. */
  #speech = { itemId: "", atMs: 0 };
  /** The latest interruption, while it may be taken back. */
  #interruption: Place | undefined;

  /**
   * @param startedAtMs when the call began, on the clock's monotonic time
   * @param past what was said before, in another process
   */
  constructor(clock: Clock, startedAtMs: number = clock.now(), past: readonly TranscriptEntry[] = []) {
    this.#clock = clock;
    this.#startedAtMs = startedAtMs;
    for (const entry of past) {
      const place = { itemId: "", entry: undefined, hasAudio: true };
      this.#places.push(place);
      this.#set(place, entry);
    }
  }

  /** The caller begins to speak; `itemId` is what the turn will be called if it becomes one. */
  userBegan(itemId: string): void {
    this.#speech = { itemId, atMs: this.#now() };
  }

  /** An item has its place: behind `previousItemId`, or last when that is null or not known here. */
  itemAdded(itemId: string, previousItemId: string | null | undefined, kind: ItemKind): void {
    const known = this.#find(itemId);
    if (known) this.#places.splice(this.#places.indexOf(known), 1);
    const place = known ?? { itemId, entry: undefined, hasAudio: false };
    this.#places.splice(this.#indexBehind(previousItemId), 0, place);
    if (kind === "user" && !place.entry) this.#set(place, { kind, atMs: this.#beganAtMs(itemId), text: "" });
    this.#trim();
  }

  /** The transcription of a caller's turn. */
  userTranscript(itemId: string, text: string): void {
    const place = this.#placeOf(itemId);
    const atMs = place.entry?.atMs ?? this.#beganAtMs(itemId);
    place.isPartial = false;
    this.#set(place, { kind: "user", atMs, text: shorten(text.trim(), MAX_TURN_CHARS) || INAUDIBLE });
  }

  /** More of the transcription of a caller's turn, which has not come to its end. */
  userDelta(itemId: string, text: string): void {
    const place = this.#placeOf(itemId);
    const said = place.entry?.kind === "user" ? place.entry.text : "";
    if (said !== "" && !place.isPartial) return; // it has come already
    const atMs = place.entry?.atMs ?? this.#beganAtMs(itemId);
    place.isPartial = true;
    this.#set(place, { kind: "user", atMs, text: shorten(said + text, MAX_TURN_CHARS) });
  }

  /** A caller's turn could not be transcribed, or not to its end. */
  userTranscriptFailed(itemId: string): void {
    const place = this.#find(itemId);
    const said = place?.isPartial && place.entry?.kind === "user" ? place.entry.text : "";
    this.userTranscript(itemId, said);
  }

  /**
   * The first audio of an answer came. An answer that never has audio, or only when it is cut off, is not an
   * entry.
   */
  assistantAudioBegan(itemId: string): void {
    const place = this.#placeOf(itemId);
    if (place.hasAudio) return;
    place.hasAudio = true;
    const { text } = answerAt(place);
    this.#set(place, { kind: "assistant", atMs: this.#now(), text, cut: false });
  }

  /** More text of an answer. */
  assistantDelta(itemId: string, text: string): void {
    this.#say(itemId, (said) => said + text);
  }

  /** The whole text of an answer, in place of the deltas. */
  assistantDone(itemId: string, transcript: string): void {
    this.#say(itemId, () => transcript);
  }

  /** An item of the model's is complete, which says `text`: that counts where no text of it has come. */
  assistantItem(itemId: string, text: string): void {
    const place = this.#find(itemId);
    if (text === "" || !place?.hasAudio || place.entry?.kind !== "assistant") return;
    if (place.share ? place.share.text === "" : place.entry.text === "") this.#say(itemId, () => text);
  }

  /**
   * The caller cut an answer off. Its text ends where it was heard; text that comes later is not added,
   * unless there was none by then.
   *
   * @param heardMs audio of the item that was heard; 0 when the caller heard nothing of it
   * @param audioMs all audio of the item that came from the model by now, heard, sent or waiting
   */
  heard(itemId: string, heardMs: number, audioMs: number): void {
    const place = this.#placeOf(itemId);
    const { text, cut } = answerAt(place);
    if (cut) return;
    const atMs = place.entry?.atMs ?? this.#now();
    const isWhole = heardMs > 0 && heardMs >= audioMs;
    place.hasAudio = true;
    place.whole = text;
    if (text === "" && heardMs > 0) place.share = { heardMs, audioMs, text };
    this.#set(place, {
      ...waitOf(place),
      kind: "assistant",
      atMs,
      text: heardText(text, heardMs, audioMs),
      cut: !isWhole,
    });
  }

  /** The caller has waited so long for the answer that began last. */
  waited(ms: number): void {
    const place = this.#places.findLast(({ hasAudio }) => hasAudio);
    if (place?.entry?.kind === "assistant") this.#set(place, { ...place.entry, waitMs: Math.round(ms) });
  }

  /**
   * What the model says in an answer that was cut off, beyond what was heard of it. Empty once the cut cannot
   * be taken back.
   */
  restOf(itemId: string): string {
    const place = this.#find(itemId);
    return place?.whole === undefined ? "" : place.whole.slice(answerAt(place).text.length);
  }

  /** The latest interruption was none: the answers that it cut off go on. */
  interruptionTakenBack(itemIds: readonly string[]): void {
    for (const itemId of itemIds) {
      const place = this.#find(itemId);
      if (place?.entry?.kind !== "assistant" || place.whole === undefined) continue;
      this.#set(place, { ...place.entry, text: place.whole, cut: false });
    }
    const index = this.#interruption ? this.#places.indexOf(this.#interruption) : -1;
    if (index >= 0) this.#places.splice(index, 1);
    this.interruptionStands();
  }

  /** The latest interruption was one, for good. */
  interruptionStands(): void {
    this.#interruption = undefined;
    for (const place of this.#places.slice(-MAX_REVOCABLE)) place.whole = undefined;
  }

  /** An answer that nobody will hear, of which nothing is to be written down. */
  unsaid(itemId: string): void {
    const place = this.#find(itemId);
    if (!place) return;
    this.#chars -= countChars(place.entry);
    place.entry = undefined;
    place.hasAudio = false;
  }

  /** The text of an answer, as far as it was heard; empty when nothing of it was. */
  textOf(itemId: string): string {
    const place = this.#find(itemId);
    return place ? wholeCharacters(answerAt(place).text) : "";
  }

  /** What was heard of the answer that was heard last; empty when that is not known. */
  get lastAnswer(): string {
    const place = this.#places.findLast(({ entry, hasAudio }) => entry?.kind === "assistant" && hasAudio);
    return place ? wholeCharacters(answerAt(place).text) : "";
  }

  /** What the caller said in a turn; empty when that is not known (yet), or there is no such turn. */
  wordsOf(itemId: string): string {
    const entry = this.#find(itemId)?.entry;
    return entry?.kind === "user" && entry.text !== INAUDIBLE ? entry.text : "";
  }

  /** A tool was used. Stands where the model called it. */
  tool({ call, outcome, output, startedAtMs, durationMs }: ToolRun): void {
    this.#set(this.#placeOf(call.itemId), {
      kind: "tool",
      atMs: Math.round(startedAtMs - this.#startedAtMs),
      durationMs: Math.round(durationMs),
      name: shorten(call.name, MAX_TOOL_CHARS),
      arguments: shorten(call.arguments, MAX_TOOL_CHARS),
      output: shorten(output, MAX_TOOL_CHARS),
      outcome,
    });
  }

  /** The caller pressed a key. Keys in a row make one entry, though the first of them interrupts. */
  key(digit: string): void {
    const last = this.#places.findLast(({ entry }) => entry !== undefined && entry.kind !== "interruption");
    if (last?.entry?.kind === "keys") {
      this.#set(last, { ...last.entry, digits: shorten(last.entry.digits + digit, MAX_TURN_CHARS) });
    } else {
      this.#set(this.#placeOf(""), { kind: "keys", atMs: this.#now(), digits: digit });
    }
  }

  /** The caller silenced the model. @param heardMs how much of its answer was heard */
  interrupted(heardMs: number): void {
    this.#set(this.#interruption = this.#placeOf(""), { kind: "interruption", atMs: this.#now(), heardMs });
  }

  /**
   * Something worth knowing that nobody said. Returns what changes its text as long as it is kept; an empty
   * text takes it away.
   */
  note(text: string): (text: string) => void {
    const place = this.#placeOf("");
    const entry = { kind: "note", atMs: this.#now(), text: shorten(text, MAX_TURN_CHARS) } as const;
    this.#set(place, entry);
    return (text) => {
      if (!this.#places.includes(place)) return;
      this.#set(place, text === "" ? undefined : { ...entry, text: shorten(text, MAX_TURN_CHARS) });
    };
  }

  /** The last that was said, as far as it is known in words. */
  get lastTurn(): Turn | undefined {
    const isSaid = ({ entry, hasAudio }: Place) =>
      (entry?.kind === "user" || (entry?.kind === "assistant" && hasAudio)) && entry.text !== "";
    const turn = this.#places.findLast(isSaid)?.entry as Turn | undefined; // it is one, says isSaid
    return turn && withWholeCharacters(turn) as Turn;
  }

  /** The transcript so far. Begins with a note when entries had to be dropped. */
  entries(): TranscriptEntry[] {
    const dropped: TranscriptEntry[] = this.#dropped === 0 ? [] : [
      { kind: "note", atMs: 0, text: `${this.#dropped} earlier entries were dropped.` },
    ];
    return dropped.concat(
      this.#places.flatMap(({ entry, hasAudio }) =>
        entry && (entry.kind !== "assistant" || (hasAudio && (entry.text || entry.cut)))
          ? withWholeCharacters(entry)
          : []
      ),
    );
  }

  #now(): number {
    return Math.round(this.#clock.now() - this.#startedAtMs);
  }

  #beganAtMs(itemId: string): number {
    return itemId === this.#speech.itemId ? this.#speech.atMs : this.#now();
  }

  #say(itemId: string, change: (said: string) => string): void {
    const place = this.#placeOf(itemId);
    const { text, cut } = answerAt(place);
    if (cut) {
      this.#sayLate(place, change);
      if (place.whole !== undefined) place.whole = shorten(change(place.whole), MAX_TURN_CHARS);
      return;
    }
    const atMs = place.entry?.atMs ?? this.#now();
    const said = shorten(change(text), MAX_TURN_CHARS);
    this.#set(place, { ...waitOf(place), kind: "assistant", atMs, text: said, cut });
  }

  /**
   * Text of an answer that had none when it was cut off: the share of its audio tells what was heard of it.
   */
  #sayLate(place: Place, change: (said: string) => string): void {
    const { share, entry } = place;
    if (!share || entry?.kind !== "assistant") return;
    share.text = shorten(change(share.text), MAX_TURN_CHARS);
    this.#set(place, { ...entry, text: heardText(share.text, share.heardMs, share.audioMs) });
  }

  #find(itemId: string): Place | undefined {
    return itemId === "" ? undefined : this.#places.findLast((place) => place.itemId === itemId);
  }

  /** The place of an item; last, if it has none yet. */
  #placeOf(itemId: string): Place {
    const known = this.#find(itemId);
    if (known) return known;
    const place = { itemId, entry: undefined, hasAudio: false };
    this.#places.push(place);
    return place;
  }

  /** What happened behind the previous item, keys for example, was before an item that comes only now. */
  #indexBehind(previousItemId: string | null | undefined): number {
    const previous = this.#find(previousItemId ?? "");
    if (!previous) return this.#places.length;
    let index = this.#places.indexOf(previous) + 1;
    while (index < this.#places.length && this.#places[index].itemId === "") index++;
    return index;
  }

  #set(place: Place, entry: TranscriptEntry | undefined): void {
    this.#chars += countChars(entry) - countChars(place.entry);
    place.entry = entry;
    this.#trim();
  }

  #trim(): void {
    while (this.#places.length > MAX_ENTRIES || this.#chars > MAX_CHARS) {
      const { entry } = this.#places.shift()!;
      this.#chars -= countChars(entry);
      if (entry) this.#dropped++;
    }
  }
}

/** Text comes in pieces, and the last of them may end within a character. */
function withWholeCharacters(entry: TranscriptEntry): TranscriptEntry {
  if (!("text" in entry) || entry.text.isWellFormed()) return entry;
  return { ...entry, text: wholeCharacters(entry.text) };
}

function answerAt({ entry }: Place): { text: string; cut: boolean } {
  return entry?.kind === "assistant" ? entry : { text: "", cut: false };
}

function waitOf({ entry }: Place): { waitMs?: number } {
  return entry?.kind === "assistant" && entry.waitMs !== undefined ? { waitMs: entry.waitMs } : {};
}

function countChars(entry: TranscriptEntry | undefined): number {
  switch (entry?.kind) {
    case "user":
    case "assistant":
    case "note":
      return entry.text.length;
    case "tool":
      return entry.name.length + entry.arguments.length + entry.output.length;
    case "keys":
      return entry.digits.length;
    default:
      return 0;
  }
}

/**
 * A run without spaces that is longer than this is no word but a script without spaces, such as Japanese, and
 * may be cut anywhere. (`Intl.Segmenter` knows the words of such scripts, but takes 5 MB of memory.)
 */
const MAX_WORD_CHARS = 30;

/**
 * The part of an answer's text that was heard, ending with a whole word. Text and audio carry no common
 * times, so the text is taken to be spoken at an even pace: `heardMs` of `audioMs` of it, rounded down to a
 * word.
 *
 * @param audioMs all audio of the answer that came from the model, heard or not
 */
export function heardText(text: string, heardMs: number, audioMs: number): string {
  if (heardMs <= 0) return "";
  if (heardMs >= audioMs) return text;
  const heard = cutText(text, Math.floor(text.length * heardMs / audioMs));
  const begun = /\S*$/.exec(heard)![0]; // the word that the cut is in, or that ends at the cut
  const rest = /^\S*/.exec(text.slice(heard.length))![0];
  const isCutInside = begun.length > 0 && rest.length > 0;
  if (!isCutInside || begun.length + rest.length > MAX_WORD_CHARS) return heard.trimEnd();
  return heard.slice(0, heard.length - begun.length).trimEnd();
}
