import {
  type IncomingNumber,
  incomingNumber,
  NUMBER_SETTINGS,
  type NumberSetting,
  type NumberSettings,
  updateIncomingNumber,
} from "../carrier/twilio/incoming_numbers.ts";
import { AuthTokens } from "../carrier/twilio/auth_tokens.ts";
import { TwilioRest, TwilioRestError } from "../carrier/twilio/twilio_rest.ts";
import { PATHS } from "../carrier/twilio/webhook_urls.ts";
import type { Config } from "../config/config.ts";
import type { Clock } from "../util/clock.ts";

/** What asking Twilio about numbers needs of the configuration. */
export type NumbersConfig = Pick<Config, "twilioApiUrl" | "twilioAuthToken" | "twilioAccountSid">;

/** One setting that differs from what is wanted. */
export interface SettingChange {
  readonly setting: NumberSetting;
  /** Empty: none. */
  readonly from: string;
  /** Empty: none. */
  readonly to: string;
}

/** What is to be changed of a number at Twilio. */
export interface NumberChange {
  /** In E.164. */
  readonly number: string;
  readonly accountSid: string;
  readonly sid: string;
  /** Empty: it is as it should be. */
  readonly changes: readonly SettingChange[];
}

/** A client of Twilio's REST API by the configuration. */
export function restOf({ twilioApiUrl: apiUrl, twilioAuthToken }: NumbersConfig, clock: Clock): TwilioRest {
  const authTokens = twilioAuthToken === undefined ? undefined : new AuthTokens(twilioAuthToken);
  return new TwilioRest({ apiUrl, authTokens, clock });
}

/** The settings that this server cares about; those of the fallback only where it is to be changed. */
type WantedSettings = Partial<NumberSettings> & Pick<NumberSettings, "VoiceUrl" | "StatusCallback">;

/**
 * How a number is to be set so that it rings at this server. An application or a trunk would go before the
 * URLs: it is taken away.
 *
 * @param fallbackUrl asked when this server does not answer; undefined leaves that as it is
 */
export function wantedSettings(publicUrl: string, fallbackUrl?: string): WantedSettings {
  return {
    VoiceUrl: publicUrl + PATHS.voice,
    VoiceMethod: "POST",
    ...fallbackUrl !== undefined && { VoiceFallbackUrl: fallbackUrl, VoiceFallbackMethod: "POST" },
    StatusCallback: publicUrl + PATHS.status,
    StatusCallbackMethod: "POST",
    VoiceApplicationSid: "",
    TrunkSid: "",
  };
}

/** What differs between how a number is set and how it is to be. */
function changesTo(wanted: Partial<NumberSettings>, { settings }: IncomingNumber): SettingChange[] {
  return NUMBER_SETTINGS.flatMap((setting) => {
    const [from, to] = [settings[setting], wanted[setting]];
    return to === undefined || to === from ? [] : [{ setting, from, to }];
  });
}

/**
 * What is to be changed of a number; undefined when the account has no such number. Changes nothing.
 * @throws {TwilioRestError}
 */
export async function planNumber(
  rest: TwilioRest,
  accountSid: string,
  number: string,
  wanted: Partial<NumberSettings>,
): Promise<NumberChange | undefined> {
  const found = await incomingNumber(rest, accountSid, number);
  return found && { number, accountSid, sid: found.sid, changes: changesTo(wanted, found) };
}

/** Makes the changes at Twilio, and no others. @throws {TwilioRestError} */
export async function changeNumber(
  rest: TwilioRest,
  { accountSid, sid, changes }: NumberChange,
): Promise<void> {
  const settings = Object.fromEntries(changes.map(({ setting, to }) => [setting, to]));
  await updateIncomingNumber(rest, accountSid, sid, settings);
}

/** Whether Twilio has refused what was asked of it for one number: asked for another, it may do it. */
export function isRefusal(error: unknown): error is TwilioRestError {
  return error instanceof TwilioRestError && error.code === "twilio_refused";
}
