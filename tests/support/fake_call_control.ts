import type { TransferTarget } from "../../src/businesses/business.ts";
import type { CallExit } from "../../src/carrier/carrier.ts";
import type { TakenMessage, ToolControl } from "../../src/call/tools/tool.ts";

/** Writes down what is asked of a call. `refusal`, when set, is what every request to Twilio fails with. */
export class FakeCallControl implements ToolControl {
  exit: CallExit | undefined;
  readonly actions: string[] = [];
  readonly messages: TakenMessage[] = [];
  refusal: Error | undefined;

  hangUp(): Promise<void> {
    return this.#act("hang up");
  }

  transfer(target: TransferTarget): Promise<void> {
    return this.#act(`transfer to ${target.number}`);
  }

  sendDigits(digits: string): Promise<void> {
    return this.#act(`send ${digits}`);
  }

  takeMessage(message: TakenMessage): void {
    this.messages.push(message);
  }

  #act(action: string): Promise<void> {
    if (this.refusal) return Promise.reject(this.refusal);
    this.actions.push(action);
    return Promise.resolve();
  }
}
