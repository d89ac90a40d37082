import { escapeLines } from "../observability/text_line.ts";
import {
  changeNumber,
  isRefusal,
  type NumberChange,
  type NumbersConfig,
  planNumber,
  restOf,
  type SettingChange,
} from "../app/number_settings.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../util/clock.ts";
import { shownUrl } from "../util/shown_url.ts";
import { AppError } from "../util/errors.ts";
import { keepBefore, readKept, type Settings, writeKept } from "./kept_numbers.ts";
import type { Terminal } from "./terminal.ts";

/** Numbers that are changed by one command. */
const MAX_CHANGED_NUMBERS = 200;

/** What changing numbers at Twilio takes. */
export interface NumberWork {
  readonly config: NumbersConfig & Pick<Config, "dataDir">;
  readonly clock: Clock;
  /** Who is asked; undefined: nobody can be. */
  readonly terminal: Terminal | undefined;
  /** Changes without asking. */
  readonly isSure: boolean;
  /** Only shows what would be changed. Default false. */
  readonly isDry?: boolean;
}

/** What became of it: nothing to change, changed, or left as it is. */
export type NumbersOutcome = "as_wanted" | "changed" | "left";

/**
 * Shows what has to be changed at Twilio so that numbers are set as wanted, asks, and changes exactly that.
 * What was there before is kept, for {@link putNumbersBack}.
 *
 * @param numbers in E.164
 * @throws {AppError} with what Twilio said; numbers that were changed before stay so
 */
export async function setNumbers(
  numbers: readonly string[],
  wanted: Settings,
  work: NumberWork,
): Promise<NumbersOutcome> {
  const { config } = work;
  const accountSid = accountOf(config);
  if (numbers.length === 0) console.log("No business has a number: nothing is set at Twilio.");
  const rest = restOf(config, work.clock);
  const plan: NumberChange[] = [];
  for (const number of numbers.slice(0, MAX_CHANGED_NUMBERS)) {
    const found = await planNumber(rest, accountSid, number, wanted);
    if (found) plan.push(found);
    else console.log(`The Twilio account does not own ${number}: it stays as it is.`);
  }
  const unasked = numbers.length - MAX_CHANGED_NUMBERS;
  if (unasked > 0) {
    console.log(`${unasked} more numbers stay as they are: run this once more without the others.`);
  }
  const changes = plan.filter(({ changes }) => changes.length > 0);
  if (changes.length === 0) {
    if (plan.length > 0) console.log(`Twilio is set already: ${plan.map(({ number }) => number).join(", ")}`);
    return plan.length === numbers.length ? "as_wanted" : "left";
  }
  if (!await agreed(changes, "set", work)) return "left";
  for (const change of changes) {
    // Kept first: whatever happens in between, it can be put back.
    await writeKept(config.dataDir, keepBefore(await readKept(config.dataDir), change));
    await changeNumber(rest, change);
    console.log(`Set at Twilio: ${change.number}`);
  }
  console.log("slimline doctor --undo puts back what was there.");
  return "changed";
}

/**
 * Puts numbers back to what they were before {@link setNumbers}, as far as that changed them: shows the
 * changes, asks, and makes exactly those.
 *
 * @throws {AppError} where Twilio fails or is not reached; numbers that were put back before stay so
 */
export async function putNumbersBack(work: NumberWork): Promise<NumbersOutcome> {
  const { dataDir } = work.config;
  const rest = restOf(work.config, work.clock);
  const kept = await readKept(dataDir);
  if (kept.length === 0) {
    console.log("Nothing has been changed at Twilio from here: there is nothing to put back.");
    return "as_wanted";
  }
  const plan: NumberChange[] = [];
  let refusals = 0;
  /** What Twilio refuses for one number, or for one account that is closed, holds for no other. */
  const unlessRefused = async <Made>(number: string, made: Promise<Made>): Promise<Made | "refused"> => {
    try {
      return await made;
    } catch (error) {
      if (!isRefusal(error)) throw error;
      refusals++;
      console.error(`slimline doctor: ${number} stays as it is: ${error.message}`);
      return "refused";
    }
  };
  let left = kept;
  const done = (over: Pick<NumberChange, "number" | "accountSid">) => {
    left = left.filter(({ number, accountSid }) => number !== over.number || accountSid !== over.accountSid);
  };
  for (const one of kept) {
    const { number, accountSid, before } = one;
    const found = await unlessRefused(number, planNumber(rest, accountSid, number, before));
    if (found === "refused") continue;
    if (found && found.changes.length > 0) plan.push(found);
    else {
      const why = found ? "is as it was before" : "is not the account's any more";
      console.log(`${number} ${why}.`);
      done(one);
    }
  }
  if (plan.length > 0 && !await agreed(plan, "put back", work)) return "left";
  for (const change of plan) {
    if (await unlessRefused(change.number, changeNumber(rest, change)) === "refused") continue;
    done(change);
    await writeKept(dataDir, left);
    console.log(`Put back at Twilio: ${change.number}`);
  }
  if (work.isDry !== true) await writeKept(dataDir, left);
  if (refusals > 0) return "left";
  return plan.length > 0 ? "changed" : "as_wanted";
}

/** Shows changes, and asks whether they shall be made. */
async function agreed(
  plan: readonly NumberChange[],
  what: "set" | "put back",
  { terminal, isSure, isDry = false }: NumberWork,
): Promise<boolean> {
  for (const { number, sid, changes } of plan) {
    console.log(
      escapeLines(`\nTo be ${what} at Twilio for ${number} (${sid}):\n${changes.map(changeLine).join("\n")}`),
    );
  }
  console.log();
  if (isDry) return false;
  if (isSure) return true;
  if (terminal === undefined) {
    console.log("Nothing was changed at Twilio: --yes changes it where nobody can be asked.");
    return false;
  }
  const isAgreed = /^y(es)?$/i.test(await terminal.ask("Change this at Twilio? [y/N]"));
  if (!isAgreed) console.log("Nothing was changed at Twilio.");
  return isAgreed;
}

/** A change as it is shown, such as `  VoiceUrl  (none) → https://…`. */
function changeLine({ setting, from, to }: SettingChange): string {
  return `  ${setting.padEnd(20)}  ${shown(from)} → ${shown(to)}`;
}

function shown(value: string): string {
  return value === "" ? "(none)" : shownUrl(value);
}

function accountOf({ twilioAccountSid, twilioAuthToken }: NumbersConfig): string {
  if (twilioAccountSid !== undefined && twilioAuthToken !== undefined) return twilioAccountSid;
  throw new AppError(
    "usage",
    "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN are needed to change numbers at Twilio.",
  );
}
