import type { BusinessSource } from "../../businesses/source.ts";
import type { Config } from "../../config/config.ts";
import { TwilioRest } from "../../carrier/twilio/twilio_rest.ts";
import type { Clock } from "../../util/clock.ts";
import { examineAdminToken } from "./admin_token.ts";
import { examineBusinesses } from "./businesses.ts";
import { examineDataFolder } from "./data_folder.ts";
import type { Finding } from "./finding.ts";
import { examineOpenAi } from "./openai.ts";
import { examinePublicUrl } from "./public_url.ts";
import { examineTwilio } from "./twilio.ts";

/** Looks at everything that calls will need, one thing after the other, and changes nothing that stays. */
export async function* examine(
  config: Config,
  source: BusinessSource,
  clock: Clock,
): AsyncGenerator<Finding> {
  const { businesses, findings } = await examineBusinesses(source);
  yield* findings;
  yield await examineDataFolder(config.dataDir);
  yield* examineOpenAi(config, businesses, clock);
  const { twilioApiUrl: apiUrl, twilioAuthToken: authToken } = config;
  yield* examineTwilio(config, businesses, new TwilioRest({ apiUrl, authToken, clock }));
  yield await examinePublicUrl(config.publicUrl);
  yield examineAdminToken(config);
}
