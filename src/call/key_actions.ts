import type { Business, KeyAction } from "../businesses/business.ts";
import type { CallControl } from "../carrier/carrier.ts";
import { isCallLeaving } from "../carrier/control_errors.ts";
import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import type { Conversation } from "./conversation/conversation.ts";
import { LINES } from "./conversation/instructions.ts";

/** What keys act on. */
export interface KeyActionParts {
  business: Business;
  control: Pick<CallControl, "transfer">;
  conversation: Pick<Conversation, "tell" | "leave" | "giveWay" | "waitFor">;
  log: Log;
}

/** Does what the business has bound to `key`. */
export function actOnKey(key: string, action: KeyAction, parts: KeyActionParts): void {
  const { conversation, log } = parts;
  log.info("key_action", { key, action: action.action });
  switch (action.action) {
    case "say":
      return conversation.tell(action.text);
    case "hang_up":
      return conversation.leave(LINES.keyHangUp);
    case "transfer":
      return transferByKey(key, action.target, parts);
  }
}

function transferByKey(
  key: string,
  name: string,
  { business, control, conversation, log }: KeyActionParts,
): void {
  const target = business.transfers.find((candidate) => candidate.name === name);
  if (!target) return log.error("key_without_target", { key, target: name });
  conversation.giveWay();
  conversation.waitFor(control.transfer(target)).catch((error) => {
    // Pressed again, or too late: the call is on its way out, and nothing is to be said of it.
    if (isCallLeaving(error)) return log.info("key_while_leaving", { key });
    log.error("transfer_failed", { message: messageOf(error) });
    conversation.tell(LINES.notPutThrough);
  });
}
