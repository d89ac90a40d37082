import assert from "node:assert/strict";
import { type LostSession, requestAfterLoss } from "../../../src/call/conversation/handover.ts";
import { LINES } from "../../../src/call/conversation/instructions.ts";
import type { ResponseRequest } from "../../../src/call/conversation/response_sequencer.ts";

const QUIET: LostSession = {
  responseId: undefined,
  request: undefined,
  heardResponseId: "",
  runningTools: 0,
  isCallerSpeaking: false,
  isAnswerOwed: false,
  lastWords: "",
  isUnheard: false,
};
const REPEAT: ResponseRequest = { purpose: "handover", instructions: LINES.repeat };
const GREETING: ResponseRequest = { purpose: "greeting", instructions: "Greet." };
const GOODBYE: ResponseRequest = { purpose: "goodbye", instructions: "Bye." };

const cases: [what: string, lost: Partial<LostSession>, owed: ResponseRequest | undefined][] = [
  ["nothing where nothing was going on", {}, undefined],
  [
    "a line where an answer was being heard",
    { responseId: "r", heardResponseId: "r" },
    { purpose: "handover", instructions: LINES.handover, onDone: undefined },
  ],
  ["the greeting where nobody had heard any of it", { responseId: "r", request: GREETING }, GREETING],
  ["the goodbye, however much of it was heard", {
    responseId: "r",
    heardResponseId: "r",
    request: GOODBYE,
    runningTools: 1,
  }, GOODBYE],
  [
    "nothing while a tool is at work, whose result will be told",
    { responseId: "r", runningTools: 1 },
    undefined,
  ],
  ["a question to repeat where the caller was speaking", { isCallerSpeaking: true }, REPEAT],
  ["an answer to words that were understood", { isAnswerOwed: true, lastWords: "Hello?" }, {
    purpose: "continue",
  }],
  ["a question for what was said to a session that heard nothing any more", { isUnheard: true }, {
    purpose: "handover",
    instructions: LINES.unheard,
  }],
  ["an answer to words that were understood, whatever was said after them", {
    isAnswerOwed: true,
    lastWords: "Hello?",
    isUnheard: true,
  }, { purpose: "continue" }],
  ["nothing while a tool is at work, though the session heard nothing any more", {
    runningTools: 1,
    isUnheard: true,
  }, undefined],
  ["a question to repeat where the words are not known", { isAnswerOwed: true }, REPEAT],
];

for (const [what, lost, owed] of cases) {
  Deno.test(`requestAfterLoss() owes ${what}`, () =>
    assert.deepEqual(requestAfterLoss({ ...QUIET, ...lost }), owed));
}

Deno.test("requestAfterLoss() hands on what was to happen at the end of an answer that broke off", () => {
  const onDone = () => {};
  const lost = { ...QUIET, responseId: "r", heardResponseId: "r", request: { ...GREETING, onDone } };
  assert.equal(requestAfterLoss(lost)?.onDone, onDone);
});
