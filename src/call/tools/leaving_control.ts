import type { CallExit } from "../../carrier/carrier.ts";
import type { ToolControl } from "./tool.ts";

/**
 * What a tool can do about its call that has not said beforehand that it leaves it: whichever way out it
 * takes goes by `leave`.
 */
export function leavingControl(
  control: ToolControl,
  leave: (exit: CallExit, way: () => Promise<void>) => Promise<void>,
): ToolControl {
  return {
    get exit() {
      return control.exit;
    },
    transfer: (target) => leave("transferred", () => control.transfer(target)),
    sendDigits: (digits) => leave("suspended", () => control.sendDigits(digits)),
    hangUp: () => leave("agent_hung_up", () => control.hangUp()),
    takeMessage: (message) => control.takeMessage(message),
  };
}
