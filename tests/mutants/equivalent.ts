import type { Mutant } from "./find_mutants.ts";

/** A mutant that no test can tell from the program, or need not. */
export interface Equivalent extends Pick<Mutant, "file" | "within" | "code" | "change"> {
  /** Why. */
  reason: string;
}

/** Those of one file: why, where, the line, and the changes of it. */
function of(
  file: string,
  ...groups: [reason: string, within: string, code: string, ...changes: string[]][]
): Equivalent[] {
  return groups.flatMap(([reason, within, code, ...changes]) =>
    changes.map((change) => ({ file, within, code, change, reason }))
  );
}

const A_MILLISECOND = "A millisecond more or less makes no difference.";
const TIES = "Which of two equal deadlines comes first is not promised.";

/** Named by the line's code instead of its number, so that they are still known when the file changes elsewhere. */
export const EQUIVALENT: readonly Equivalent[] = [
  ...of(
    "src/admission/call_slots.ts",
    [
      "Nobody asks for the slots of no business.",
      "#count",
      "if (businessId === undefined) return;",
      "`businessId === undefined` becomes `false`",
      "without `return;`",
    ],
    [
      "An entry of 0 reads as none; it only takes memory.",
      "#count",
      "if (count === 0) this.#ofBusiness.delete(businessId);",
      "`count === 0` becomes `false`",
    ],
  ),
  ...of(
    "src/admission/day_limits.ts",
    [
      "It is a bound of memory; one more does no harm.",
      "#recall",
      "if (!this.#past || this.#recalled.has(id) || this.#recalled.size >= MAX_SPENDERS) return;",
      "`>=` becomes `>`",
    ],
    [
      "At that very moment it asks for a span without any time in it.",
      "#recall",
      "if (dayMs >= this.#startedMs) return;",
      "`>=` becomes `>`",
    ],
  ),
  ...of(
    "src/util/deadline_queue.ts",
    [
      "It has its place in the heap before anybody sees it.",
      "",
      "index = -1;",
      "without `-`",
      "`1` becomes `2`",
    ],
    ["Any negative number says the same.", "#remove", "deadline.index = -1;", "`1` becomes `2`"],
    [TIES, "#remove", "if (last.atMs < deadline.atMs) this.#up(index, last);", "`<` becomes `<=`"],
    [TIES, "#up", "if (this.#heap[parent].atMs <= deadline.atMs) break;", "`<=` becomes `<`"],
    [
      TIES,
      "#down",
      "if (child + 1 < count && this.#heap[child + 1].atMs < this.#heap[child].atMs) child++;",
      "`<` becomes `<=`",
    ],
    [TIES, "#down", "if (this.#heap[child].atMs >= deadline.atMs) break;", "`>=` becomes `>`"],
  ),
  ...of("src/util/expiring_map.ts", [
    "What has expired is the oldest, and goes first when the map is full; it only goes earlier.",
    "set",
    "this.#expire();",
    "without `this.#expire();`",
  ]),
  ...of(
    "src/audio/base64.ts",
    [
      "One character too many makes the expected length a fraction, which nothing equals.",
      "decode",
      "if (text.length % 4 > 0 || written !== text.length / 4 * 3 - padding(text)) throw badBase64();",
      "`0` becomes `1`",
    ],
  ),
  ...of(
    "src/audio/ring_buffer.ts",
    [
      "Leaving out no bytes gives the same bytes.",
      "write",
      "const kept = dropped > droppedFromRing ? bytes.subarray(dropped - droppedFromRing) : bytes;",
      "`dropped > droppedFromRing` becomes `true`",
      "`>` becomes `>=`",
    ],
    [
      "The way for two parts does the same with an empty second part.",
      "write",
      "if (kept.length <= untilEdge) {",
      "`kept.length <= untilEdge` becomes `false`",
      "`<=` becomes `<`",
    ],
    [
      "The way for two parts does the same with an empty second part.",
      "#copyTo",
      "if (count <= untilEdge) {",
      "`<=` becomes `<`",
    ],
    [
      "It only costs a copy.",
      "trim",
      "if (this.#length < before) this.#resize(this.#length);",
      "`this.#length < before` becomes `true`",
      "`<` becomes `<=`",
    ],
    [
      "A start at the edge has an empty first part.",
      "#wrap",
      "return index >= this.#bytes.length ? index - this.#bytes.length : index;",
      "`>=` becomes `>`",
    ],
    [
      "It only costs a copy.",
      "#reserve",
      "if (length <= this.#bytes.length) return;",
      "`length <= this.#bytes.length` becomes `false`",
      "`<=` becomes `<`",
      "without `return;`",
    ],
  ),
  ...of(
    "src/call/conversation/open_interruption.ts",
    [
      "Every session begins by `sessionBegan`, which sets it.",
      "",
      "#isUnwanted = false;",
      "`false` becomes `true`",
    ],
    [
      A_MILLISECOND,
      "speechStopped",
      "const withinMs = Math.max(0, RESUME_WITHIN_MS - playback.playout.roundTrip.wayMs);",
      "`0` becomes `1`",
    ],
    [A_MILLISECOND, "#open", "this.#soundMs = 0;", "`0` becomes `1`"],
    [
      A_MILLISECOND,
      "#measure",
      "return Math.max(0, lengthMs - detection.silenceDurationMs);",
      "`0` becomes `1`",
    ],
    [
      "A millisecond makes no difference; and without its times a semantic detection's length is no number.",
      "#measure",
      'if (detection.type !== "server_vad") return 0; // how long it waited is not known',
      "`0` becomes `1`",
      '`detection.type !== "server_vad"` becomes `false`',
    ],
    [
      A_MILLISECOND,
      "silenceNow",
      "return playback.unheardMs > 0 ? answer.silence() : [];",
      "`0` becomes `1`",
    ],
    [
      A_MILLISECOND,
      "#takeBack",
      "behindId: this.#retold?.lastId(ids) ?? this.#cut.findLast(({ heardMs }) => heardMs > 0)?.itemId,",
      "`0` becomes `1`",
    ],
    [
      "Of an item of which nothing was heard nobody reads more.",
      "silence",
      'return dropped.map((itemId) => ({ itemId, responseId: "", heardMs: 0, sentMs: 0, receivedMs: 0 }));',
      "`0` becomes `1`",
    ],
    [
      "To forgive no response is to forgive nothing.",
      "#takeBack",
      "if (this.#cutId !== undefined) bargeIn.forgive([this.#cutId]);",
      "`this.#cutId !== undefined` becomes `true`",
    ],
    [
      "A response ends once.",
      "#takeBack",
      "else if (this.#cutStatus === undefined) this.#goesOnAfterId = this.#cutId;",
      "`this.#cutStatus === undefined` becomes `true`",
    ],
  ),
  ...of(
    "src/carrier/twilio/media_scan.ts",
    [
      "A text that differs here fails at the next check, which begins at the same place.",
      "#literal",
      "if (!text.startsWith(literal, this.#position)) return false;",
      "`false` becomes `true`",
    ],
    [
      "No text begins with a backslash here.",
      "matches",
      'text.indexOf("\\\\", this.payloadStart) < 0;',
      "`<` becomes `<=`",
      "`0` becomes `1`",
    ],
    [
      "A single character decodes to no byte.",
      "base64ByteLength",
      "while (length > 0 && text.charCodeAt(start + length - 1) === 61 /* = */) length--;",
      "`0` becomes `1`",
    ],
  ),
  ...of(
    "src/carrier/twilio/stream_token.ts",
    [
      "The key is kept only so that it need not be made again.",
      "#encryptionKey",
      "return this.#key ??= encryptionKey(this.#secret);",
      "`??=` becomes `=`",
    ],
    [
      "Nothing exports the key.",
      "encryptionKey",
      'return await crypto.subtle.importKey("raw", digest, "AES-GCM", false, ["encrypt", "decrypt"]);',
      "`false` becomes `true`",
    ],
  ),
  ...of(
    "src/model/openai/delta_scan.ts",
    [
      "It then goes on at the opening brace, which is neither comma nor end, so the text is refused all the same.",
      "matches",
      "if (end < 0) return false;",
      "`end < 0` becomes `false`",
    ],
    [
      "What is found is behind the brace and the quote.",
      "matches",
      "if (end < 0) return false;",
      "`<` becomes `<=`",
      "`0` becomes `1`",
    ],
    [
      "The quote is looked for behind the type's first character; a type has at least one.",
      "leadingType",
      'const end = text.indexOf(`"`, 9);',
      "`9` becomes `10`",
    ],
    [
      "What is found is behind the first quotes.",
      "leadingType",
      "return end < 0 ? undefined : text.slice(9, end);",
      "`<` becomes `<=`",
      "`0` becomes `1`",
    ],
  ),
  ...of(
    "src/call/playback/playback_ledger.ts",
    [
      "slice() takes an undefined end as the end of the list.",
      "earlierBytes",
      "return this.#items.slice(0, this.#earlier ?? Infinity).reduce((sum, { queued }) => sum + queued, 0);",
      "`this.#earlier ?? Infinity` becomes `this.#earlier`",
    ],
    [
      "slice() takes an undefined end as the end of the list.",
      "unheardEarlierBytes",
      "return this.#items.slice(0, this.#earlier ?? Infinity)",
      "`this.#earlier ?? Infinity` becomes `this.#earlier`",
    ],
    [
      "splice() takes an undefined count as none.",
      "dropEarlier",
      "this.#items.splice(0, this.#earlier ?? 0);",
      "`this.#earlier ?? 0` becomes `this.#earlier`",
    ],
  ),
  ...of("src/admission/admission.ts", [
    "No number is as large as undefined either.",
    "#shareUsed",
    "const most = business?.limits.callsAtOnce ?? Infinity;",
    "`business?.limits.callsAtOnce ?? Infinity` becomes `business?.limits.callsAtOnce`",
  ]),
  ...of("src/call/conversation/response_sequencer.ts", [
    "While a response is active nothing goes out, and its end takes the block away.",
    "created",
    "this.#isBlocked = false;",
    "without `this.#isBlocked = false;`",
    "`false` becomes `true`",
  ]),
  ...of(
    "src/call/tools/tool_runner.ts",
    [
      "No response has such an id.",
      "start",
      "if (oldest !== undefined) this.responseDone(oldest);",
      "`oldest !== undefined` becomes `true`",
    ],
    [
      "The time of the first one is up before, and ends both.",
      "start",
      "if (!open.first) this.#armTimeout(open, prepared.tool);",
      "`!open.first` becomes `true`",
    ],
    [
      "A tool that has said so beforehand is one that leaves already.",
      "#run",
      "const control = tool.exit",
      "`tool.exit` becomes `false`",
    ],
    [
      "Nothing settles any more, so nobody asks.",
      "#cease",
      'if (isDone) this.#finish(open, "done", outputText(LEFT.output), false, undefined);',
      "`false` becomes `true`",
    ],
    [
      "Nothing settles any more, so nobody asks.",
      "#cease",
      'else this.#finish(open, "call_ended", "", false, undefined);',
      "`false` becomes `true`",
    ],
  ),
  ...of(
    "src/carrier/twilio/media_stream.ts",
    [
      "Parsing the whole message gives the same, only more slowly.",
      "#onMessage",
      'if (scan?.matches(data) && this.#state === "live") {',
      '`scan?.matches(data) && this.#state === "live"` becomes `false`',
    ],
    [
      "The socket has no listener any more.",
      "#onMessage",
      'if (this.#state === "ended") return;',
      '`this.#state === "ended"` becomes `false`',
      "without `return;`",
    ],
    [
      "The full parser does the same, only more slowly.",
      "#onStart",
      "this.#scan = new MediaScan(start.streamSid);",
      "without `this.#scan = new MediaScan(start.streamSid);`",
    ],
    [
      "It only frees memory.",
      "#decided",
      "this.#held = [];",
      "without `this.#held = [];`",
    ],
    ["It only frees memory.", "#end", "this.#held = [];", "without `this.#held = [];`"],
    ["It only frees memory.", "#end", "this.#handler = undefined;", "without `this.#handler = undefined;`"],
    [
      "A live stream has a handler; the check is for the compiler.",
      "#onMedia",
      "if (!handler) return;",
      "`!handler` becomes `false`",
      "without `return;`",
    ],
    [
      "No hole is 1 ms long.",
      "#onMedia",
      "if (missingMs > 0) this.#fill(missingMs);",
      "`0` becomes `1`",
    ],
    ["No hole is 1 ms long.", "#checkStall", "if (missingMs > 0) {", "`0` becomes `1`"],
    [
      "A stall may be noticed 1 ms early.",
      "#checkStall",
      "if (leftMs > 0) return this.#watch(leftMs);",
      "`0` becomes `1`",
    ],
    [
      "Whoever ends a stream looks at its state before, and the socket has no listener any more.",
      "#end",
      'if (this.#state === "ended") return;',
      '`this.#state === "ended"` becomes `false`',
      "without `return;`",
    ],
  ),
  ...of("src/admission/admission.ts", [
    "What has expired stays expired under its new name, and nobody sees it.",
    "assign",
    "this.#slots.expire(this.#nowMs());",
    "without `this.#slots.expire(this.#nowMs());`",
  ]),
];
