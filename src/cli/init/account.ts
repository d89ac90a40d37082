import { wantedSettings } from "../../app/number_settings.ts";
import { type LoadOptions, readFields } from "../../config/config.ts";
import { AppError } from "../../util/errors.ts";
import { SystemClock } from "../../util/system_clock.ts";
import { type NumberWork, setNumbers } from "../number_changes.ts";

/** An account at Twilio, and the address that its numbers are to ask. */
export type KnownAccount = NumberWork["config"] & { readonly publicUrl: string };

/** Undefined where account, token or address is not known. */
export function accountIn(env: NonNullable<LoadOptions["env"]>): KnownAccount | undefined {
  const { publicUrl, twilioAccountSid, twilioAuthToken, twilioApiUrl, dataDir } = readFields(env).raw;
  if (!publicUrl || !twilioAccountSid || !twilioAuthToken || !twilioApiUrl || !dataDir) return undefined;
  return { publicUrl, twilioAccountSid, twilioAuthToken, twilioApiUrl, dataDir };
}

/**
 * Sets the numbers at Twilio where account and address are known. What hinders it is said: the files are
 * written all the same.
 *
 * @returns false when it was to be done without asking, and could not be
 */
export async function setAtTwilio(
  numbers: readonly string[],
  account: KnownAccount | undefined,
  { isSure, isDry, fallbackUrl, terminal }: Pick<NumberWork, "isSure" | "terminal"> & {
    isDry: boolean;
    fallbackUrl: string | undefined;
  },
): Promise<boolean> {
  if (account === undefined) {
    if (isSure) {
      console.log("Nothing was changed at Twilio: PUBLIC_URL, the account or its token is not known.");
    }
    return !isSure;
  }
  const wanted = wantedSettings(account.publicUrl, fallbackUrl);
  const work = { config: account, clock: new SystemClock(), terminal, isSure, isDry };
  try {
    const outcome = await setNumbers(numbers, wanted, work);
    return isDry || !isSure || outcome !== "left";
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    console.log(
      `Nothing more was changed at Twilio: ${error.message}\nslimline doctor --fix does it later.`,
    );
    return !isSure;
  }
}
