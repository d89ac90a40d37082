import type { Business, KeyAction, TransferTarget } from "../businesses/business.ts";
import type { CallControl } from "../carrier/carrier.ts";
import { isCallLeaving } from "../carrier/control_errors.ts";
import type { Log } from "../observability/log.ts";
import { messageOf } from "../util/errors.ts";
import type { Conversation } from "./conversation/conversation.ts";
import { LINES, operatorTells } from "./conversation/instructions.ts";
import type { Journal } from "./journal/journal.ts";

/** What an operator does to a live call. */
export type OperatorAction =
  /** The agent says goodbye, and hangs up once that was heard. */
  | { readonly action: "end" }
  /** The caller is put through to one of the business's transfer targets, by its name. */
  | { readonly action: "transfer"; readonly target: string }
  /** The agent learns something. `isToBeSaid`: it tells the caller at once, in its own words. */
  | { readonly action: "tell"; readonly text: string; readonly isToBeSaid: boolean };

/** What came of an operator's action by the time that it was asked for. */
export interface ActionOutcome {
  /**
   * `begun`: it is being done. `call_leaving`: the call is on its way out already. `target_unknown`: its
   * business has no such transfer target. `elsewhere`: another server has it, which is to be asked itself.
   */
  readonly outcome: "begun" | "call_leaving" | "target_unknown" | "elsewhere";
  /** Where people reach the server that has the call; null where it does not say. */
  readonly address?: string | null;
  /** Shows that this server has the operators' token; undefined where nothing does. */
  readonly proof?: string;
  /** The names of the business's transfer targets, where that one was unknown. */
  readonly targets?: readonly string[];
}

/** What actions work with. */
export interface CallActionParts {
  readonly business: Business;
  readonly conversation: Pick<
    Conversation,
    "tell" | "inform" | "leave" | "giveWay" | "waitFor" | "isLastGoodbye"
  >;
  readonly control: Pick<CallControl, "transfer" | "exit">;
  readonly journal: Pick<Journal, "operatorActed">;
  readonly log: Log;
}

/**
 * What is done to a call beside the talk: by keys that the business has bound, and by operators. Each first
 * decides what becomes of what still plays; see {@link Conversation}.
 */
export class CallActions {
  readonly #parts: CallActionParts;
  #isEndedByOperator = false;

  constructor(parts: CallActionParts) {
    this.#parts = parts;
  }

  /** True once an operator has asked for the call's end. */
  get isEndedByOperator(): boolean {
    return this.#isEndedByOperator;
  }

  /** The caller pressed a key that is bound to `action`. */
  key(key: string, action: KeyAction): void {
    const { conversation, log } = this.#parts;
    log.info("key_action", { key, action: action.action });
    switch (action.action) {
      case "say":
        return conversation.tell(action.text);
      case "hang_up":
        return conversation.leave(LINES.keyHangUp);
      case "transfer": {
        const target = this.#target(action.target);
        if (!target) return log.error("key_without_target", { key, target: action.target });
        return this.#putThrough(target);
      }
    }
  }

  /** An operator intervenes. What the call does about it goes on after this has returned. */
  operator(asked: OperatorAction): ActionOutcome {
    const { business, conversation, control, journal, log } = this.#parts;
    let target: TransferTarget | undefined;
    if (asked.action === "transfer") {
      target = this.#target(asked.target);
      if (!target) return { outcome: "target_unknown", targets: business.transfers.map(({ name }) => name) };
    }
    const isHangingUp = control.exit === "agent_hung_up" || (!control.exit && conversation.isLastGoodbye);
    if (asked.action === "end" && isHangingUp) return { outcome: "begun" }; // asked for again
    // Nothing that is told to the agent would be heard. A caller who is to be hung up on can be put through.
    const isTooLate = control.exit !== undefined || (asked.action === "tell" && isHangingUp);
    if (isTooLate) return { outcome: "call_leaving" };
    log.info("operator_action", { action: asked.action, target: target?.name });
    if (target) {
      journal.operatorActed("transfer", `An operator put the caller through to ${target.name}.`);
      this.#putThrough(target);
    }
    switch (asked.action) {
      case "end":
        this.#isEndedByOperator = true;
        journal.operatorActed("end", "An operator ended the call.");
        conversation.leave(LINES.operatorEnd);
        break;
      case "tell":
        journal.operatorActed("tell", `An operator told the agent: ${asked.text}`);
        conversation.inform(operatorTells(asked.text, asked.isToBeSaid), asked.isToBeSaid);
        break;
    }
    return { outcome: "begun" };
  }

  #target(name: string): TransferTarget | undefined {
    return this.#parts.business.transfers.find((target) => target.name === name);
  }

  #putThrough(target: TransferTarget): void {
    const { conversation, control, log } = this.#parts;
    conversation.giveWay();
    conversation.waitFor(control.transfer(target)).catch((error) => {
      // Asked for again, or too late: the call is on its way out, and nothing is to be said of it.
      if (isCallLeaving(error)) return log.info("transfer_while_leaving", { target: target.name });
      log.error("transfer_failed", { message: messageOf(error) });
      conversation.tell(LINES.notPutThrough);
    });
  }
}
