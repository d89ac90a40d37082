import type { Business } from "../../businesses/business.ts";
import { readSource } from "../../businesses/read_source.ts";
import type { BusinessSource } from "../../businesses/source.ts";
import type { Finding } from "./finding.ts";

const SUBJECT = "Businesses";
/** Businesses told by their names. */
const MAX_NAMES = 5;

/** Reads the descriptions of the businesses as the server would: who would serve, and everything that is wrong. */
export async function examineBusinesses(
  source: BusinessSource,
): Promise<{ businesses: readonly Business[]; findings: Finding[] }> {
  const { businesses, problems } = await readSource(source);
  const findings = problems.map((detail): Finding => ({ subject: SUBJECT, state: "bad", detail }));
  if (businesses.length > 0) {
    const names = businesses.slice(0, MAX_NAMES).map(({ id }) => id).join(", ");
    const more = businesses.length > MAX_NAMES ? ` and ${businesses.length - MAX_NAMES} more` : "";
    findings.push({ subject: SUBJECT, state: "good", detail: `${names}${more}` });
  }
  if (findings.length > 0) return { businesses, findings };
  const { name, ifNone } = source;
  const finding: Finding = ifNone.length > 0
    ? {
      subject: SUBJECT,
      state: "doubtful",
      detail: `none in ${name}: one built-in business answers every number`,
      remedy: "copy one of businesses/*.example.json",
    }
    : {
      subject: SUBJECT,
      state: "bad",
      detail: `none in ${name}: no number is answered`,
      remedy: "insert a document for each business, in the form of businesses/*.example.json",
    };
  return { businesses: ifNone, findings: [finding] };
}
