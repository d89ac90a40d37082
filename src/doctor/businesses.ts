import { type Business, DEFAULT_BUSINESS } from "../businesses/business.ts";
import { FolderSource } from "../businesses/folder_source.ts";
import { readSource } from "../businesses/read_source.ts";
import { readSecret } from "../config/secrets.ts";
import type { Finding } from "./finding.ts";

const SUBJECT = "Businesses";
/** Businesses told by their names. */
const MAX_NAMES = 5;

/** Reads the folder of business files as the server would: who would serve, and everything that is wrong. */
export async function examineBusinesses(
  folder: string,
): Promise<{ businesses: readonly Business[]; findings: Finding[] }> {
  const { businesses, problems } = await readSource(new FolderSource(folder, readSecret));
  const findings = problems.map((detail): Finding => ({ subject: SUBJECT, state: "bad", detail }));
  if (businesses.length > 0) {
    const names = businesses.slice(0, MAX_NAMES).map(({ id }) => id).join(", ");
    const more = businesses.length > MAX_NAMES ? ` and ${businesses.length - MAX_NAMES} more` : "";
    findings.push({ subject: SUBJECT, state: "good", detail: `${names}${more}` });
  }
  if (findings.length > 0) return { businesses, findings };
  const detail = `none in ${folder}: one built-in business answers every number`;
  const remedy = "copy one of businesses/*.example.json";
  return {
    businesses: [DEFAULT_BUSINESS],
    findings: [{ subject: SUBJECT, state: "doubtful", detail, remedy }],
  };
}
