import { shorten, wholeCharacters } from "../../util/cut_text.ts";
import type { Clock } from "../../util/clock.ts";
import type { FunctionCall, ToolRun } from "../tools/tool.ts";
import { heardText } from "./heard_text.ts";
import { INAUDIBLE, type ToolUse, type TranscriptEntry, type Turn } from "./transcript_entry.ts";
import { type Place, TranscriptPlaces } from "./transcript_places.ts";

/** Longest text of one turn, in characters: twenty minutes of speech. */
export const MAX_TURN_CHARS = 20_000;
/** Longest arguments, and longest output, of a tool's entry, in characters. */
export const MAX_TOOL_CHARS = 2_000;

/** An interruption that may be taken back is among the latest entries: what it cut off was being heard. */
const MAX_REVOCABLE = 300;

/** What a conversation item is to the transcript: speech of either side, or only a place in the order. */
export type ItemKind = "user" | "assistant" | "other";

/**
 * What was said in a call, as the caller heard it, in the order of the conversation: that of OpenAI's items,
 * not that in which their texts arrive, since transcriptions come late and in any order. Outlives sessions:
 * items of a new session follow those of the old one.
 */
export class Transcript {
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #places = new TranscriptPlaces();
  /** The caller's speech that has begun last, which has no item yet. */
  #speech = { itemId: "", atMs: 0 };
  /** Tools at work, by their calls. There are no more than may run at a time. */
  readonly #atWork = new Map<FunctionCall, Place>();
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
      const place = this.#places.at("");
      place.hasAudio = true;
      this.#places.set(place, entry);
    }
  }

  /** The caller begins to speak; `itemId` is what the turn will be called if it becomes one. */
  userBegan(itemId: string): void {
    this.#speech = { itemId, atMs: this.#now() };
  }

  /** An item has its place: behind `previousItemId`, or last when that is null or not known here. */
  itemAdded(itemId: string, previousItemId: string | null | undefined, kind: ItemKind): void {
    const place = this.#places.putBehind(previousItemId, itemId);
    if (kind === "user" && !place.entry) {
      this.#places.set(place, { kind, atMs: this.#beganAtMs(itemId), text: "" });
    }
  }

  /** The transcription of a caller's turn. */
  userTranscript(itemId: string, text: string): void {
    const place = this.#places.at(itemId);
    const atMs = place.entry?.atMs ?? this.#beganAtMs(itemId);
    place.isPartial = false;
    this.#places.set(place, { kind: "user", atMs, text: shorten(text.trim(), MAX_TURN_CHARS) || INAUDIBLE });
  }

  /** More of the transcription of a caller's turn, which has not come to its end. */
  userDelta(itemId: string, text: string): void {
    const place = this.#places.at(itemId);
    const said = place.entry?.kind === "user" ? place.entry.text : "";
    if (said !== "" && !place.isPartial) return; // it has come already
    const atMs = place.entry?.atMs ?? this.#beganAtMs(itemId);
    place.isPartial = true;
    this.#places.set(place, { kind: "user", atMs, text: shorten(said + text, MAX_TURN_CHARS) });
  }

  /** A caller's turn could not be transcribed, or not to its end. */
  userTranscriptFailed(itemId: string): void {
    const place = this.#places.find(itemId);
    const said = place?.isPartial && place.entry?.kind === "user" ? place.entry.text : "";
    this.userTranscript(itemId, said);
  }

  /**
   * The first audio of an answer came. An answer that never has audio, or only when it is cut off, is not an
   * entry.
   */
  assistantAudioBegan(itemId: string): void {
    const place = this.#places.at(itemId);
    if (place.hasAudio) return;
    place.hasAudio = true;
    const { text } = answerAt(place);
    this.#places.set(place, { kind: "assistant", atMs: this.#now(), text, cut: false });
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
    const place = this.#places.find(itemId);
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
    const place = this.#places.at(itemId);
    const { text, cut } = answerAt(place);
    if (cut) return;
    const atMs = place.entry?.atMs ?? this.#now();
    const isWhole = heardMs > 0 && heardMs >= audioMs;
    place.hasAudio = true;
    place.whole = text;
    if (text === "" && heardMs > 0) place.share = { heardMs, audioMs, text };
    this.#places.set(place, {
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
    if (place?.entry?.kind === "assistant") {
      this.#places.set(place, { ...place.entry, waitMs: Math.round(ms) });
    }
  }

  /**
   * What the model says in an answer that was cut off, beyond what was heard of it. Empty once the cut cannot
   * be taken back.
   */
  restOf(itemId: string): string {
    const place = this.#places.find(itemId);
    return place?.whole === undefined ? "" : place.whole.slice(answerAt(place).text.length);
  }

  /** The latest interruption was none: the answers that it cut off go on. */
  interruptionTakenBack(itemIds: readonly string[]): void {
    for (const itemId of itemIds) {
      const place = this.#places.find(itemId);
      if (place?.entry?.kind !== "assistant" || place.whole === undefined) continue;
      this.#places.set(place, { ...place.entry, text: place.whole, cut: false });
    }
    if (this.#interruption) this.#places.remove(this.#interruption);
    this.interruptionStands();
  }

  /** The latest interruption was one, for good. */
  interruptionStands(): void {
    this.#interruption = undefined;
    for (const place of this.#places.latest(MAX_REVOCABLE)) place.whole = undefined;
  }

  /** An answer that nobody will hear, of which nothing is to be written down. */
  unsaid(itemId: string): void {
    const place = this.#places.find(itemId);
    if (!place) return;
    this.#places.set(place, undefined);
    place.hasAudio = false;
  }

  /** The text of an answer, as far as it was heard; empty when nothing of it was. */
  textOf(itemId: string): string {
    const place = this.#places.find(itemId);
    return place ? wholeCharacters(answerAt(place).text) : "";
  }

  /** What was heard of the answer that was heard last; empty when that is not known. */
  get lastAnswer(): string {
    const place = this.#places.findLast(({ entry, hasAudio }) => entry?.kind === "assistant" && hasAudio);
    return place ? wholeCharacters(answerAt(place).text) : "";
  }

  /** What the caller said in a turn; empty when that is not known (yet), or there is no such turn. */
  wordsOf(itemId: string): string {
    const entry = this.#places.find(itemId)?.entry;
    return entry?.kind === "user" && entry.text !== INAUDIBLE ? entry.text : "";
  }

  /** A tool is at work. Stands where the model called it, until {@link tool} says what became of it. */
  toolBegan(call: FunctionCall): void {
    const place = this.#places.at(call.itemId);
    this.#atWork.set(call, place);
    const run = { call, output: "", startedAtMs: this.#clock.now(), durationMs: 0 };
    this.#places.set(place, this.#toolUse(run, "begun"));
  }

  /** A tool was used. Stands where the model called it. */
  tool(run: ToolRun): void {
    const begun = this.#atWork.get(run.call);
    this.#atWork.delete(run.call);
    const place = begun && this.#places.includes(begun) ? begun : this.#places.at(run.call.itemId);
    this.#places.set(place, this.#toolUse(run, run.outcome));
  }

  #toolUse(run: Omit<ToolRun, "outcome" | "error">, outcome: ToolUse["outcome"]): ToolUse {
    const { call, output, startedAtMs, durationMs } = run;
    return {
      kind: "tool",
      atMs: Math.round(startedAtMs - this.#startedAtMs),
      durationMs: Math.round(durationMs),
      name: shorten(call.name, MAX_TOOL_CHARS),
      arguments: shorten(call.arguments, MAX_TOOL_CHARS),
      output: shorten(output, MAX_TOOL_CHARS),
      outcome,
    };
  }

  /** The caller pressed a key. Keys in a row make one entry, though the first of them interrupts. */
  key(digit: string): void {
    const last = this.#places.findLast(({ entry }) => entry !== undefined && entry.kind !== "interruption");
    if (last?.entry?.kind === "keys") {
      this.#places.set(last, { ...last.entry, digits: shorten(last.entry.digits + digit, MAX_TURN_CHARS) });
    } else {
      this.#places.set(this.#places.at(""), { kind: "keys", atMs: this.#now(), digits: digit });
    }
  }

  /** The caller silenced the model. @param heardMs how much of its answer was heard */
  interrupted(heardMs: number): void {
    this.#places.set(this.#interruption = this.#places.at(""), {
      kind: "interruption",
      atMs: this.#now(),
      heardMs,
    });
  }

  /**
   * Something worth knowing that nobody said. Returns what changes its text as long as it is kept; an empty
   * text takes it away.
   */
  note(text: string): (text: string) => void {
    const place = this.#places.at("");
    const entry = { kind: "note", atMs: this.#now(), text: shorten(text, MAX_TURN_CHARS) } as const;
    this.#places.set(place, entry);
    return (text) => {
      if (!this.#places.includes(place)) return;
      this.#places.set(place, text === "" ? undefined : { ...entry, text: shorten(text, MAX_TURN_CHARS) });
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
    const dropped: TranscriptEntry[] = this.#places.dropped === 0 ? [] : [
      { kind: "note", atMs: 0, text: `${this.#places.dropped} earlier entries were dropped.` },
    ];
    return dropped.concat(
      this.#places.latest().flatMap(({ entry, hasAudio, share }) =>
        entry && (entry.kind !== "assistant" || hasAudio) ? withWholeCharacters(asSaid(entry, share)) : []
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
    const place = this.#places.at(itemId);
    const { text, cut } = answerAt(place);
    if (cut) {
      this.#sayLate(place, change);
      if (place.whole !== undefined) place.whole = shorten(change(place.whole), MAX_TURN_CHARS);
      return;
    }
    const atMs = place.entry?.atMs ?? this.#now();
    const said = shorten(change(text), MAX_TURN_CHARS);
    this.#places.set(place, { ...waitOf(place), kind: "assistant", atMs, text: said, cut });
  }

  /**
   * Text of an answer that had none when it was cut off: the share of its audio tells what was heard of it.
   */
  #sayLate(place: Place, change: (said: string) => string): void {
    const { share, entry } = place;
    if (!share || entry?.kind !== "assistant") return;
    share.text = shorten(change(share.text), MAX_TURN_CHARS);
    this.#places.set(place, { ...entry, text: heardText(share.text, share.heardMs, share.audioMs) });
  }
}

/** An answer that was heard, and of which no words have come, was said all the same. */
function asSaid(entry: TranscriptEntry, share: Place["share"]): TranscriptEntry {
  const isHeard = entry.kind === "assistant" && (!entry.cut || share?.text === "");
  return isHeard && entry.text === "" ? { ...entry, text: INAUDIBLE } : entry;
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
