import type { TransferTarget } from "../../businesses/business.ts";
import { AppError } from "../../util/errors.ts";
import { CONTROL_TIMEOUT_MS, LEFT } from "./leaving.ts";
import type { Tool } from "./tool.ts";

/**
 * `transfer_call`: hands the caller over to somebody of the business, by name. The model never sees a number.
 * @throws {AppError} `transfer_name_clash` when two targets have the same name
 */
export function transferCall(targets: readonly TransferTarget[]): Tool {
  const byName = new Map(targets.map((target) => [target.name, target]));
  if (byName.size < targets.length) {
    const names = targets.map((target) => target.name).join(", ");
    throw new AppError(
      "transfer_name_clash",
      `Transfer targets must have different names, but are: ${names}.`,
    );
  }
  const list = targets.map(({ name, description }) => `${name}: ${description}`).join("\n");
  return {
    name: "transfer_call",
    description:
      "Puts the caller through to somebody else. Tell the caller first, in a few words, to whom. Whom you can reach:\n" +
      list,
    parameters: {
      type: "object",
      properties: {
        target: { type: "string", enum: [...byName.keys()], description: "Who shall take the call." },
      },
      required: ["target"],
    },
    timeoutMs: CONTROL_TIMEOUT_MS,
    exit: "transferred",
    async run({ target: name }, { control }) {
      const target = byName.get(String(name));
      if (!target) {
        throw new AppError(
          "transfer_unknown",
          `There is nobody of that name. The call can go to: ${[...byName.keys()].join(", ")}.`,
        );
      }
      try {
        await control.transfer(target);
      } catch (cause) {
        const message = `The call could not be put through to ${target.name}. The caller is still with you.`;
        throw new AppError("transfer_failed", message, { cause });
      }
      return LEFT;
    },
  };
}
