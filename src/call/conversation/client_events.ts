import type { Business } from "../../businesses/business.ts";
import { type ClientEvent, type ItemCreate, textItem } from "../../model/events.ts";
import type { HeardItem } from "../playback/playback_ledger.ts";
import { REQUEST_ID, type ResponseRequest } from "./response_sequencer.ts";
import { sessionInstructions } from "./instructions.ts";

/**
 * How much was heard of an answer that another session gave. This session has it as text, to its end, and
 * cannot be told to truncate what it did not say.
 */
export function heardOfHistory(heardText: string): ClientEvent {
  const text = heardText
    ? `The caller cut your last words off, and heard only this of them: ${heardText}`
    : "The caller cut your last words off, and heard nothing of them.";
  return textItem("system", text);
}

/** The output of a function call that this session has made. */
export function functionOutput(callId: string, output: string): ItemCreate {
  return {
    type: "conversation.item.create",
    item: { type: "function_call_output", call_id: callId, output },
  };
}

/** Asks for a response, whose metadata names the request. */
export function responseCreate(
  eventId: string,
  business: Business,
  { instructions, withoutTools }: ResponseRequest,
): ClientEvent {
  return {
    type: "response.create",
    event_id: eventId,
    response: {
      metadata: { [REQUEST_ID]: eventId },
      // A response's instructions take the place of the session's, so the session's go in front.
      ...instructions && {
        instructions: `${sessionInstructions(business)}\n\n${instructions}`,
      },
      ...(instructions || withoutTools) && { tool_choice: "none" },
    },
  };
}

/**
 * Ends the generation of a response. An error that it causes names the response.
 * @param responseId empty for one that was not named: whatever is being generated
 */
export function responseCancel(responseId: string): ClientEvent {
  return {
    type: "response.cancel",
    event_id: cancelEventId(responseId),
    ...responseId !== "" && { response_id: responseId },
  };
}

/** The id of the event by which a response is cancelled. */
export function cancelEventId(responseId: string): string {
  return `cancel-${responseId}`;
}

/** From now on the session hears nobody speak: it neither answers turns nor is interrupted. */
export const TURNS_OFF: ClientEvent = {
  type: "session.update",
  session: { type: "realtime", audio: { input: { turn_detection: null } } },
};

/** The model is to forget an item. */
export function itemDelete(itemId: string): ClientEvent {
  return { type: "conversation.item.delete", item_id: itemId };
}

/** How much of an item was heard; an item that nobody heard goes, since the API truncates none to nothing. */
export function heardOnly({ itemId, heardMs }: HeardItem): ClientEvent {
  if (heardMs === 0) return itemDelete(itemId);
  return { type: "conversation.item.truncate", item_id: itemId, content_index: 0, audio_end_ms: heardMs };
}
