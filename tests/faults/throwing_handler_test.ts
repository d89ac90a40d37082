import assert from "node:assert/strict";
import { ConversationEvents } from "../../src/call/conversation/conversation_events.ts";
import { MAX_FAILED_EVENTS } from "../../src/model/openai/realtime_session.ts";
import { DefaultCall } from "../support/default_call.ts";

/** Our own code, of which so many events from now on throw. */
class Throwing implements Disposable {
  left = 0;
  readonly #onEvent = ConversationEvents.prototype.onEvent;

  constructor() {
    const { prototype } = ConversationEvents;
    const next = (): boolean => this.left-- > 0;
    const onEvent = this.#onEvent;
    prototype.onEvent = function (this: ConversationEvents, event) {
      if (next()) throw new Error("A mistake of ours.");
      onEvent.call(this, event);
    };
  }

  [Symbol.dispose](): void {
    ConversationEvents.prototype.onEvent = this.#onEvent;
  }
}

for (
  const { events, sessions } of [{ events: 1, sessions: 1 }, { events: MAX_FAILED_EVENTS + 1, sessions: 2 }]
) {
  Deno.test(`A call whose code throws at events of OpenAI's (${events}) goes on, with sessions in all: ${sessions}`, async () => {
    using throwing = new Throwing();
    const call = await DefaultCall.start();
    await call.hears(1);
    throwing.left = events;
    await call.says();
    await call.hears(2);
    const troubles = call.log.events.filter(({ event }) => event === "realtime_error");
    assert.deepEqual(
      troubles.map(({ attributes }) => attributes.code),
      Array(Math.min(events, MAX_FAILED_EVENTS)).fill("realtime_handler_failed"),
    );
    assert.equal(call.voices.length, 2, "the caller is answered");
    assert.equal(call.openAi.sessions.length, sessions);
    const down = call.log.events.filter(({ event }) => event === "agent_down");
    assert.deepEqual(
      down.map(({ attributes }) => attributes.code),
      sessions === 1 ? [] : ["realtime_handler_failed"],
    );
    await call.record();
    assert.equal(call.ended[0].reason, "caller_hung_up");
    assert.deepEqual(call.errors, []);
  });
}
