import assert from "node:assert/strict";
import { isOf, namesIn, tableRows } from "./what_happens_table.ts";

/*
 * Holds each row of the table "What happens when …" of docs/operations.md to tests that show it: a row without
 * one is a promise that nobody keeps. What a row says of the log and of metrics must be looked for by its tests.
 */

const ROOT = new URL("../../", import.meta.url);

/** By how the first cell of a row begins: files of tests, and what stands in the title of a test. */
const SHOWN_BY: Readonly<Record<string, readonly (readonly [file: string, title: string])[]>> = {
  "the server cannot be reached": [
    ["faults/left_behind", "whose webhook never got here"],
    ["http/operator_handlers", "until it is known which business answers"],
    ["businesses/live_businesses", "A reload that cannot read, or finds the folder gone"],
  ],
  "a webhook's signature": [
    ["faults/left_behind", "and a forged webhook none"],
    ["faults/other_calls", "a webhook with a wrong signature"],
    ["hostile/sign_in", "A flood of refused requests leaves a few lines in the log"],
    ["hostile/crowd", "beside 132 attackers of every kind"],
    ["carrier/twilio/webhooks/webhook_form", "answers 403 when anything that is signed was changed"],
  ],
  "a webhook or an upgrade": [["hostile/repeated_webhooks", "gives no second stream"]],
  "strangers attack": [
    ["hostile/crowd", "lose no frame and hear no gap; memory stays, and the attackers are gone"],
    ["hostile/crowd_proxy", "of slow bodies the server sees nothing"],
    ["hostile/costly_requests", "costs the server more than 5 ms"],
    ["hostile/sign_in", "Whoever guesses the operators' token is refused"],
    ["hostile/sign_in", "A flood of refused requests leaves a few lines in the log"],
  ],
  "the called number": [
    ["faults/left_behind", "leaves a record of what came instead"],
    ["carrier/twilio/webhooks/out_of_service", "belongs to nobody that it is not in service"],
    ["carrier/twilio/webhooks/out_of_service", "speaks the words of a business that is not in service"],
  ],
  "the business is closed": [
    ["faults/left_behind", "leaves a record of what came instead"],
    ["carrier/twilio/webhooks/after_hours", "says the words of after hours"],
  ],
  "no slot is free": [
    ["faults/left_behind", "leaves a record of what came instead"],
    ["e2e/admission", "40 hear the busy words, and none is cut"],
    ["e2e/admission", "a caller who waits in line is put through when one is free"],
    ["carrier/twilio/webhooks/busy", "POST /voice forwards callers who find all lines busy"],
    ["carrier/twilio/webhooks/busy", "that nobody answers to voicemail"],
  ],
  "Twilio's stream brings": [
    ["faults/other_calls", "an upgrade without a valid token"],
    ["e2e/malformed", "an upgrade is refused without Twilio's signature"],
    ["carrier/twilio/webhooks/fallback", "POST /voice/after-stream helps"],
    ["admission/admission_reservation", "whose stream never comes to somebody else after 30 s"],
  ],
  "the model takes its time": [
    [
      "e2e/survival_connect",
      "the caller hears that the line lives, and the fallback after connectWithinSeconds",
    ],
    ["e2e/hold_words", "a connection takes 3 s at the call's start"],
  ],
  "a session is lost": [
    ["faults/other_calls", "a session that is lost in the middle of an answer"],
    ["e2e/survival_drop", "OpenAI lost in the middle of an answer"],
    ["model/openai/realtime_session_heartbeat", "is lost when its peer stays silent"],
    ["faults/waiting_words", "another that takes 4 s to be had"],
  ],
  "no new session within": [
    ["e2e/survival_drop", "OpenAI lost for good in the middle of the talk"],
    ["e2e/survival_connect", "a call asks ${connects} times and no more"],
    ["call/conversation/realtime_link", "gives up when each session is lost as soon as it is ready"],
  ],
  "many sessions are lost": [
    ["faults/reconnect_storm", "Fifty sessions that are lost at once"],
    ["e2e/hold_words", "lost at once come back one after another"],
  ],
  "OpenAI refuses the key": [
    ["faults/other_calls", "a model that is lost for good"],
    ["e2e/survival_connect", "where ${what}, the caller hears the fallback within 3 s"],
    ["e2e/survival_connect", "where ${status} is all that comes"],
    ["e2e/survival_model", "quota that is used up inside response.done"],
  ],
  "a session nears the end": [
    [
      "e2e/survival_expiry",
      "sessions are changed in a pause before they expire, and the caller hears nothing",
    ],
  ],
  "the model has not begun an answer": [
    ["faults/other_calls", "a model that does not begin an answer"],
    ["faults/stalled_talk", "the caller is never left in silence"],
    ["faults/stalled_talk", "within ten seconds unless it may be thinking"],
    ["faults/waiting_words", "A model that stops midway"],
    ["e2e/survival_model", "a response that fails with ${failure.code} is asked for once more"],
  ],
  "the model has begun an answer, and thinks": [
    ["call/conversation/call_timers", "gives a model that has begun an answer longer"],
    ["faults/waiting_words", "A model that thinks for 8 s each time"],
    ["faults/stalled_talk", "within ten seconds unless it may be thinking"],
  ],
  "an answer gives the caller nothing": [
    ["faults/unheard_answer", "is asked for again, and the caller hears one"],
    ["faults/unheard_answer", "in another session, and given up for the fallback"],
  ],
  "the caller types digits": [["call/conversation/call_timers", "counts no silence while keys are typed"]],
  "the model speaks into silence": [["call/conversation/call_timers", "counts on while only machines talk"]],
  "music or noise": [
    ["call/conversation/call_timers", "takes a second turn that is too long for noise"],
    ["call/patience", "A turn that never ends is answered after a minute"],
  ],
  "the end of an answer": [["faults/stalled_talk", "An answer that was heard and whose end gets lost"]],
  "the model does not notice": [
    ["faults/unnoticed_caller", "A caller whom voice detection does not notice is asked"],
    ["faults/unnoticed_caller", "A turn whose end voice detection does not notice is over"],
  ],
  "the model does not say goodbye": [["faults/stalled_talk", "never hung up without words"]],
  "an event of OpenAI's": [
    ["faults/event_mutations", "A single event of any kind with a field that is missing"],
    ["faults/event_mutations", "An event without what is needed of it is skipped"],
  ],
  "our own code throws": [
    ["faults/throwing_handler", "A call whose code throws at events of OpenAI's"],
  ],
  "audio of the caller stops": [
    ["faults/unnoticed_caller", "A caller of whom no audio arrives is silent to the model"],
    ["faults/unnoticed_caller", "To a caller of whom no audio arrives the rules of silence apply"],
  ],
  "the process stands still": [[
    "faults/standstill",
    "puts no silence into calls, replaces no session, and loses no call",
  ]],
  "Twilio's stream closes": [
    ["faults/other_calls", "a stream that breaks off"],
    ["carrier/twilio/media_stream_quiet", "takes silence for a lost line"],
    ["e2e/ends", "a call whose caller leaves in the middle of an answer"],
    ["e2e/outbound_call", "An outbound call whose stream fails hears the fallback"],
  ],
  "Twilio does not play": [
    ["e2e/stalled_readers", "get the fallback by REST, and ten other callers hear every word"],
    ["hostile/lingering", "A caller's stream that its peer does not let close is counted"],
  ],
  "OpenAI's socket takes": [
    ["e2e/stalled_readers", "ten sessions that stop reading are replaced"],
    ["hostile/lingering", "Sessions that OpenAI's side does not let close are counted"],
  ],
  "more audio waits": [["e2e/long_answer", "an answer longer than the buffer ends there"]],
  "nobody answers a transfer": [[
    "e2e/tools",
    "transfer_call with nobody there: the caller is back in a talk",
  ]],
  "Twilio refuses a transfer": [
    ["e2e/tools", "transfer_call that Twilio refuses"],
    ["e2e/keys", "a key that transfers, which Twilio refuses"],
  ],
  "Twilio's REST API does not answer": [
    ["faults/slow_carrier", "a transfer that hangs is asked for again by another connection"],
    ["faults/slow_carrier", "a caller whose transfer hangs hears a word"],
    ["faults/slow_carrier", "a key's transfer that hangs: a word, then that it did not work"],
  ],
  "Twilio's REST API does not confirm": [
    ["faults/slow_carrier", "a hang-up that hangs ends the call all the same"],
    ["faults/slow_carrier", "a hang-up that Twilio refuses ends the call all the same"],
  ],
  "an operator ends": [
    ["faults/other_calls", "an operator who ends a call"],
    ["e2e/operator_actions", "the goodbye is heard, and the record names the operator"],
    ["e2e/operator_actions", "that ends there, and the caller hears of it next"],
    ["e2e/operator_actions", "at once, and the record names the operator"],
  ],
  "the call reaches a limit": [
    ["hostile/spending", "a call that costs more than one call may"],
    ["hostile/spending", "calls of one business share its money of the day while they last"],
    ["e2e/time", "a call that is as long as it may be"],
  ],
  "the model calls tools without end": [
    ["hostile/spending", "a model that loops over tools is stopped"],
    ["hostile/spending", "a model that calls more tools in one answer than it may is refused the rest"],
  ],
  "somebody with the operators' token": [
    ["hostile/toll_fraud", "to premium numbers and to others' countries place none"],
    ["hostile/toll_fraud", "as many as the business may place a minute, or a day"],
  ],
  "a tool fails": [
    ["e2e/tools", "a slow tool is bridged by a spoken filler"],
    ["e2e/tools", "a tool that does not answer in time gives an error as its output"],
  ],
  "knowledge cannot be reached": [
    ["call/tools/search_knowledge", "says when the documents are out of reach"],
    ["call/tools/search_knowledge", "where a question is embedded too late"],
    ["call/tools/search_knowledge", "while the vectors cannot be searched"],
    ["services/service_registry", "A failed creation reaches everybody who waits"],
  ],
  "a business file becomes": [[
    "businesses/live_businesses",
    "A file that becomes bad goes on in its last good version",
  ]],
  "the record store": [
    ["records/outbox/delivery", "waits longer after each failure, up to a bound, and loses nothing"],
    ["faults/data_folder", "a folder that goes and comes back"],
  ],
  "the disk of": [
    ["faults/disk", "A disk that is full for a moment loses no record"],
    ["faults/disk", "A disk that refuses changes for a while loses nothing"],
    ["faults/data_folder", "a folder that goes and comes back"],
    ["faults/serve_disk", "has their whole records once there is room"],
    ["e2e/records_crash", "whose data folder cannot be written to says so"],
  ],
  "the server ends while": [
    ["faults/disk", "survives the end of the process as its checkpoint"],
    ["records/recorder", "Recorder whose folder cannot be used says so"],
  ],
  "the process is killed": [
    ["e2e/records_crash", "has their partial records at its next start"],
    ["e2e/workers", "one that is killed costs its own calls only"],
    ["faults/killed_recorder", "whenever the process is killed"],
  ],
  "file descriptors run out": [
    ["hostile/descriptors", "1,024 idle connections at a limit of 1,024 descriptors"],
    ["hostile/descriptors", "no caller is let in to be cut, every record is kept"],
    ["hostile/descriptors", "each listens again within a second, and no call is lost"],
  ],
  "the server cannot listen again": [[
    "hostile/lingering",
    "too many of them refuse calls, and the idle process is replaced",
  ]],
  "something does not close": [
    ["faults/closing", "ends in time where MongoDB takes connections and never answers"],
    ["faults/closing", "is removed during a call ends in time"],
    ["faults/closing", "A part of the program that does not close is left behind"],
    ["cluster/supervisor", "Supervisor kills a worker that does not end in time"],
  ],
  "a second stop signal": [[
    "faults/closing",
    "a second SIGTERM in the drain ends the call with its fallback",
  ]],
  "a drain runs out": [
    ["admission/drain", "ends the calls that are left when its time is up"],
    ["e2e/ends", "a stop of the server ends its calls"],
  ],
  "an instance of a fleet is replaced": [
    ["e2e/mongodb/fleet", "no call ends, each is one record with all words, each tool runs once"],
    ["e2e/mongodb/fleet", "What the agent is saying goes on in another instance"],
  ],
  "an instance of a fleet is killed": [
    ["e2e/mongodb/fleet", "others take its calls up from their last checkpoints"],
    ["cluster/mongo_fleet", "What an instance held that died is free within 15 seconds"],
  ],
  "the fleet's database": [
    ["e2e/mongodb/fleet", "no call is lost, nothing waits for it, and all is right once it is back"],
    ["cluster/mongo_fleet", "each instance decides by what it knew last, at once"],
  ],
  "an exception that nothing caught": [
    ["e2e/stream_failed", "a call whose code throws ends alone"],
    ["faults/uncaught", "calls and the process go on"],
    ["http/router", "into a logged 500 without details"],
  ],
  "the machine's clock jumps": [
    ["faults/clock_jump", "calls go on, new ones are taken, no session is replaced for it"],
    ["faults/clock_jump", "between a call's webhook and its stream"],
  ],
};

const sources = new Map<string, string>();

async function sourceOf(file: string): Promise<string> {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const text = await Deno.readTextFile(new URL(`tests/${file}_test.ts`, ROOT)).catch(() => "");
  sources.set(file, text);
  return text;
}

/** A test with its title: `Deno.test(…)`, or what the file calls it by, to the bracket below its beginning. */
const TEST = /^( *)(?:Deno\.)?\w*[tT]est\((?:.*\);$|[\s\S]*?^\1\}?\);$)/gm;
const COMMENT = /\/\*[\s\S]*?\*\/|(?<![:"'`])\/\/.*$/gm;
/** What looks for nothing, or for the absence of something. */
const NO_CLAIM = /^.*(?:assert\.ok\(!|doesNotMatch|^import ).*$/gm;

/** The code of a test of a file, with what all of its tests use, without comments and titles. */
function bodyOf(source: string, title: string): string {
  const others = (test: string) => test.includes(title) ? test.replace(title, "") : "";
  return source.replace(TEST, others).replace(COMMENT, "").replace(NO_CLAIM, "");
}

Deno.test("Each row of the table of what happens is shown by tests, and each of these exists", async () => {
  const table = await tableRows();
  const beginnings = Object.keys(SHOWN_BY);
  assert.deepEqual(table.filter((row) => !beginnings.some((beginning) => isOf(row, beginning))), []);
  assert.deepEqual(beginnings.filter((beginning) => !table.some((row) => isOf(row, beginning))), []);
  const missing: string[] = [];
  for (const [file, title] of Object.values(SHOWN_BY).flat()) {
    if (!(await sourceOf(file)).includes(title)) missing.push(`${file}: ${title}`);
  }
  assert.deepEqual(missing, []);
});

/** Of an event, a reason or a metric; those of settings are others. */
const TOLD = /^[a-z]+(?:_[a-z]+)+$/;

Deno.test("What a row says of the log, and each event, reason and metric that it names, is looked for by one of its tests", async () => {
  const missing: string[] = [];
  for (const row of await tableRows()) {
    const [, tests] = Object.entries(SHOWN_BY).find(([beginning]) => isOf(row, beginning)) ?? ["", []];
    const bodies = await Promise.all(tests.map(async ([file, title]) => bodyOf(await sourceOf(file), title)));
    const told = row.flatMap(namesIn).filter((name) => TOLD.test(name));
    for (const name of new Set([...namesIn(row[2]), ...told])) {
      const isNamed = new RegExp(`\\b${name}(?:_(?:sum|count|bucket))?\\b`);
      if (!bodies.some((body) => isNamed.test(body))) missing.push(`${row[0]}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

Deno.test("Each row says what the caller hears, what the log says, what others notice and what is left", async () => {
  for (const row of await tableRows()) {
    assert.equal(row.length, 5, row[0]);
    assert.ok(row.every((cell) => cell !== ""), row[0]);
  }
});
