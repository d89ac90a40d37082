import assert from "node:assert/strict";
import { EmulatedRealtimeApi } from "../../src/lab/openai/emulated_realtime_api.ts";
import { CallRegistry, newSid } from "../../src/lab/twilio/emulated_call.ts";
import { EmulatedTwilioApi } from "../../src/lab/twilio/emulated_twilio_api.ts";
import type { Line } from "../../src/lab/twilio/line.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { SimulatedCaller } from "../../src/lab/twilio/simulated_caller.ts";
import { Webhooks } from "../../src/lab/twilio/webhooks.ts";
import type { CallRecord } from "../../src/records/call_record.ts";
import type { RecordPosition, RecordStore } from "../../src/records/record_store.ts";
import { SystemClock } from "../../src/util/system_clock.ts";
import { DAY_AGENT, DAY_ENDINGS, dayBusiness, type DayEnding, dayNumber } from "./day_endings.ts";
import { eventually } from "./eventually.ts";
import { HeldConnections } from "./held_connections.ts";
import { ServeProcess } from "./serve_process.ts";
import type { TempFolder } from "./temp_folder.ts";

const PUBLIC_URL = "https://voice.example.com";
const ACCOUNT_SID = `AC${"1".repeat(32)}`;
const AUTH_TOKEN = "a test's auth token";
const SENTENCE = CallerSpeech.tone(300, 300);
/** Twilio tells of the end of a call and of its stream at the same moment, on two connections. */
const JUST_OVER_MS = 1_000;
const IN_TALK_MS = 2_000;
const LONG_TALK_MS = 3_000;
/** Refused by a server whose event loop ran late, on a machine that is busy with other things: that is its end, then. */
const LATE = "late";
const WAIT_MS = 120_000;
/**
 * For one more record to be stored. The tests' MongoDB reads its whole collection for each change of a record: a second at 2,000
 * of them.
 */
const STORED_MS = 60_000;
/** A caller who has got no word by then gives up, on a machine that is busy with other things. */
const PATIENCE_MS = 20_000;
/** Twilio repeats a status callback whose URL says `#rc=5`; here until it is answered. */
const CALLBACK_TRIES = 100;
const CALLBACK_RETRY_MS = 100;

/** What came of a day. */
export interface DayFigures {
  readonly calls: number;
  readonly records: number;
  /** Times that the server was killed. */
  readonly kills: number;
  /** Calls that a kill came into. */
  readonly struck: number;
  readonly reasons: Readonly<Record<string, number>>;
  readonly seconds: number;
}

/** What a day is made of. */
export interface DayOptions {
  readonly folder: TempFolder;
  readonly calls: number;
  /** How often the server is killed, at even distances. */
  readonly kills: number;
  /** Calls at the same time. */
  readonly atOnce: number;
  /** Of the server, such as `MONGODB_URI`. */
  readonly env?: Record<string, string>;
  /** The store that the server writes to, once it is over. */
  readonly open: () => Promise<RecordStore>;
}

/**
 * Runs a day of calls with every kind of end through a server that is killed several times, and asserts that the store has one
 * record for each, which says what became of it.
 */
export async function serveDay(options: DayOptions): Promise<DayFigures> {
  const startedMs = performance.now();
  await using day = await ServedDay.start(options);
  await day.run();
  const { struck, kills } = day;
  const store = await options.open();
  await day.stored(store);
  const records = await allRecords(store);
  const reasons: Record<string, number> = {};
  for (const { reason } of records) reasons[reason] = (reasons[reason] ?? 0) + 1;
  day.check(records);
  const seconds = (performance.now() - startedMs) / 1000;
  return { calls: options.calls, records: records.length, kills, struck, reasons, seconds };
}

/** A call that was placed. */
interface PlacedCall {
  readonly ending: DayEnding;
  /** The server died while it lasted, was away, or died so shortly after it that it may not have heard of its end. */
  isStruck: boolean;
  overAtMs: number | undefined;
  /** Since when the model is heard in a stream of it; undefined while it is not. */
  heardSinceMs: number | undefined;
  /** The server died in the middle of the talk. */
  wasCutOff: boolean;
}

class ServedDay implements AsyncDisposable {
  readonly #options: DayOptions;
  readonly #held: AsyncDisposableStack;
  readonly #front: HeldConnections;
  readonly #line: Line;
  readonly #registry: CallRegistry;
  readonly #env: Record<string, string>;
  readonly #placed = new Map<string, PlacedCall>();
  readonly #live = new Set<PlacedCall>();
  #server: ServeProcess | undefined;
  kills = 0;

  private constructor(
    options: DayOptions,
    held: AsyncDisposableStack,
    parts: { front: HeldConnections; line: Line; registry: CallRegistry; env: Record<string, string> },
  ) {
    this.#options = options;
    this.#held = held;
    this.#front = parts.front;
    this.#line = parts.line;
    this.#registry = parts.registry;
    this.#env = parts.env;
  }

  static async start(options: DayOptions): Promise<ServedDay> {
    await using held = new AsyncDisposableStack();
    const clock = new SystemClock();
    const registry = new CallRegistry();
    const emulator = held.use(new EmulatedRealtimeApi({ clock, agent: () => DAY_AGENT, speed: Infinity }));
    const rest = held.use(
      new EmulatedTwilioApi({ clock, accountSid: ACCOUNT_SID, authToken: AUTH_TOKEN, registry }),
    );
    const front = held.use(new HeldConnections());
    for (const index of DAY_ENDINGS.keys()) {
      options.folder.write(`businesses/kind-${index}.json`, JSON.stringify(dayBusiness(index)));
    }
    const line = {
      clock,
      server: front.url,
      publicUrl: PUBLIC_URL,
      accountSid: ACCOUNT_SID,
      authToken: AUTH_TOKEN,
    };
    const env = {
      PUBLIC_URL,
      OPENAI_API_KEY: "sk-test",
      OPENAI_REALTIME_URL: emulator.url,
      TWILIO_ACCOUNT_SID: ACCOUNT_SID,
      TWILIO_AUTH_TOKEN: AUTH_TOKEN,
      TWILIO_API_URL: rest.url,
      OPENAI_BASE_URL: "http://127.0.0.1:1/v1", // transcribes nothing
      BUSINESSES: `${options.folder.path}/businesses`,
      DATA_DIR: `${options.folder.path}/data`,
      DRAIN_SECONDS: "0",
      WARM_SESSIONS: "0",
      ...options.env,
    };
    const day = new ServedDay(options, held.move(), { front, line, registry, env });
    await day.#serve();
    return day;
  }

  /** Calls that a kill came into. */
  get struck(): number {
    return [...this.#placed.values()].filter(({ isStruck }) => isStruck).length;
  }

  async run(): Promise<void> {
    const { calls, kills, atOnce } = this.#options;
    let next = 0;
    const killing = (async () => {
      for (let kill = 1; kill <= kills; kill++) {
        const at = Math.floor((kill * calls) / (kills + 1));
        const latest = at + Math.floor(calls / (kills + 1) / 2);
        const isTime = () => next >= latest || (next >= at && [...this.#live].some(isInTalk));
        await eventually("it is time to die", isTime, WAIT_MS);
        await this.#kill();
      }
    })();
    await Promise.all(Array.from({ length: atOnce }, async () => {
      while (next < calls) await this.#call(next++ % DAY_ENDINGS.length);
    }));
    await killing;
  }

  /** Waits until each call has a record in the store and nothing waits for it, and ends the server. */
  async stored(store: RecordStore): Promise<void> {
    const { folder } = this.#options;
    await eventually(
      "the calls of dead servers are taken up",
      () => folder.names("data/live").length <= 1,
      WAIT_MS,
    );
    const waitingForStore = () =>
      folder.names("data/outbox/store").filter((name) => !name.endsWith(".part")).length;
    for (let left = waitingForStore(); left > 0; left = waitingForStore()) {
      await eventually(`one more of ${left} is stored`, () => waitingForStore() < left, STORED_MS);
    }
    const waiting = new Set(this.#placed.keys());
    const deadline = performance.now() + WAIT_MS;
    while (waiting.size > 0 && performance.now() < deadline) {
      for (const sid of waiting) if (await store.get(sid)) waiting.delete(sid);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    await this.#server!.kill();
  }

  /** Asserts that there is one record for each call, and that those that no kill came into say what became of them. */
  check(records: readonly CallRecord[]): void {
    const sids = records.map(({ callSid }) => callSid);
    const missing = [...this.#placed].filter(([sid]) => !sids.includes(sid))
      .map(([, { ending, isStruck }]) => `${ending.name}${isStruck ? ", killed" : ""}`);
    assert.deepEqual(missing, [], "calls without a record");
    assert.deepEqual([sids.length, new Set(sids).size], [this.#placed.size, this.#placed.size]);
    for (const { callSid, reason, treatment, message, streams } of records) {
      const { ending, isStruck, wasCutOff } = this.#placed.get(callSid)!;
      if (wasCutOff) assert.ok(streams > 0, `${ending.name}, cut off: ${reason}`);
      if (isStruck || treatment?.why === LATE) continue;
      assert.deepEqual(
        { reason, treatment: treatment?.got, hasMessage: message !== null },
        { reason: ending.reason, treatment: ending.treatment, hasMessage: ending.hasMessage ?? false },
        ending.name,
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server?.[Symbol.asyncDispose]();
    await this.#held[Symbol.asyncDispose]();
  }

  async #serve(): Promise<void> {
    const { server, port } = await ServeProcess.start({ folder: this.#options.folder.path, env: this.#env });
    this.#server = server;
    this.#front.serverPort = port;
  }

  async #kill(): Promise<void> {
    this.kills++;
    for (const call of this.#placed.values()) {
      if (performance.now() - (call.overAtMs ?? Infinity) < JUST_OVER_MS) call.isStruck = true;
    }
    for (const call of this.#live) {
      call.isStruck = true;
      call.wasCutOff ||= isInTalk(call);
    }
    this.#front.serverPort = undefined;
    await this.#server!.kill();
    await this.#serve();
    for (const call of this.#live) call.isStruck = true;
  }

  /** One call, from the webhook to the callback that says that it is over. */
  async #call(index: number): Promise<void> {
    const ending = DAY_ENDINGS[index];
    const isStruck = this.#front.serverPort === undefined;
    const call: PlacedCall = {
      ending,
      isStruck,
      heardSinceMs: undefined,
      overAtMs: undefined,
      wasCutOff: false,
    };
    const form = { callSid: newSid("CA"), to: dayNumber(index) };
    this.#placed.set(form.callSid, call);
    this.#live.add(call);
    const status = ending.caller === "rings_off" ? await this.#ringOff(form) : await this.#talk(call, form);
    await this.#tellOver(form, status);
    call.overAtMs = performance.now();
    this.#live.delete(call);
  }

  async #talk(call: PlacedCall, { callSid, to }: CallForm): Promise<string> {
    const { caller: manner, isTransferAnswered } = call.ending;
    const caller = new SimulatedCaller({
      line: this.#line,
      callSid,
      to,
      registry: this.#registry,
      fallback: { url: "/voice", method: "POST" },
      onEvent: ({ event }) => {
        if (event === "audio_started") call.heardSinceMs ??= performance.now();
        if (event === "stream_ended") call.heardSinceMs = undefined;
      },
      onDial: () => ({ status: isTransferAnswered ? "completed" : "no-answer" }),
    });
    const over = caller.place();
    const wait = (condition: () => boolean) => caller.until(condition, PATIENCE_MS);
    const { arrivals } = caller.player;
    if (manner !== "hears_out") await wait(() => arrivals.length > 0);
    if (manner === "stays") await caller.until(() => false, LONG_TALK_MS);
    if (manner?.startsWith("speaks")) caller.speech.say(SENTENCE);
    if (manner === "speaks_and_leaves") {
      await wait(() => caller.streams.length > 0);
      const before = arrivals.length;
      await wait(() => arrivals.length > before);
    }
    if (manner?.endsWith("hears_out")) await wait(() => false);
    caller.hangUp();
    await over;
    return "completed";
  }

  /** The caller is gone before the stream begins. */
  async #ringOff(form: CallForm): Promise<string> {
    await this.#request("/voice", { ...form, status: "ringing" }).catch(() => undefined);
    return "canceled";
  }

  async #tellOver(form: CallForm, status: string): Promise<void> {
    for (let tries = 0; tries < CALLBACK_TRIES; tries++) {
      try {
        if (await this.#request("/voice/status", { ...form, status }) < 300) return;
      } catch {
        // The server died meanwhile.
      }
      await new Promise((resolve) => setTimeout(resolve, CALLBACK_RETRY_MS));
    }
    assert.fail("nobody takes the status callback");
  }

  async #request(path: string, { callSid, to, status }: CallForm & { status: string }): Promise<number> {
    const webhooks = new Webhooks(this.#line);
    const answer = await webhooks.request({ url: path, method: "POST" }, webhooks.publicUrl("/"), {
      AccountSid: ACCOUNT_SID,
      CallSid: callSid,
      CallStatus: status,
      Direction: "inbound",
      From: "+15550100001",
      To: to,
    });
    return answer.status;
  }
}

/** Who is called, in which call. */
interface CallForm {
  readonly callSid: string;
  readonly to: string;
}

/** For so long that its first checkpoint, which is written as it begins, is on the disk of a busy machine, too. */
function isInTalk({ heardSinceMs }: PlacedCall): boolean {
  return heardSinceMs !== undefined && performance.now() - heardSinceMs > IN_TALK_MS;
}

async function allRecords(store: RecordStore): Promise<CallRecord[]> {
  const records: CallRecord[] = [];
  let after: RecordPosition | undefined;
  do {
    const page = await store.list!({ limit: 100, after });
    records.push(...page.records);
    after = page.next;
  } while (after);
  return records;
}
