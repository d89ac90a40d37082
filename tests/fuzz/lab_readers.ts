import assert from "node:assert/strict";
import { parseScript, ScriptError } from "../../src/lab/call/script.ts";
import { AgentScriptError, parseAgentScript } from "../../src/lab/openai/agents/agent_script.ts";
import { scriptAgent } from "../../src/lab/openai/agents/script_agent.ts";
import { CallerSpeech } from "../../src/lab/twilio/caller_speech.ts";
import { parseTwiml, TwimlError } from "../../src/lab/twilio/parse_twiml.ts";
import { fuzzed } from "./fuzzed.ts";
import { mutatedJson, mutatedText } from "./mutate.ts";

const TWIML = [
  `<?xml version="1.0"?><Response><Say>Hi &amp; bye</Say><Connect action="/a"><Stream url="wss://a.test/m">` +
  `<Parameter name="a" value="b"/></Stream></Connect></Response>`,
  `<Response><Gather numDigits="1" timeout="3"><Say>One?</Say></Gather><Dial timeout="5"><Number url="/w">+15551</Number>` +
  `<Sip>sip:a@b.test</Sip></Dial><Record maxLength="9"/><Start><Stream url="wss://a.test/f"/></Start><Enqueue>q</Enqueue></Response>`,
];

const CALLS = [
  'from +1555\ndelay 75\nparty +15551 answers after 5 saying "hello" for 9\nsay "a word"\npress 12#\nhang up\n',
  'tone 300 for 500\nexpect said "Sorry" within 3000\nexpect party to hear tone 500\nexpect end within 5000\n',
];

/** What the laboratory reads of those who rehearse. */
export const LAB_READERS = {
  "a script of a simulated model": () => {
    const names = ["dentist", "office", "restaurant"];
    const corpus = names.map((name) => JSON.parse(Deno.readTextFileSync(`examples/agents/${name}.json`)));
    return fuzzed<string>({
      make: (random) => mutatedJson(random, corpus),
      read: (text) => {
        const script = parseAgentScript(text);
        // What has clips is made only with them.
        if (!text.includes('"clip"')) {
          assert.equal(typeof scriptAgent(script, new Map())({ number: 1 }).reply, "function");
        }
      },
      isDeclared: (error) => error instanceof AgentScriptError,
    });
  },
  "TwiML of a server under test": () =>
    fuzzed<string>({
      make: (random) => mutatedText(random, TWIML),
      read: (text) => assert.ok(Array.isArray(parseTwiml(text))),
      isDeclared: (error) => error instanceof TwimlError,
    }),
  "a conversation script": () =>
    fuzzed<string>({
      make: (random) => mutatedText(random, CALLS).slice(0, 2_000),
      read: (text) => parseScript(text, () => Promise.resolve(CallerSpeech.silence(20))),
      isDeclared: (error) => error instanceof ScriptError,
    }),
};
