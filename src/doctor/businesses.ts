import { type Business, DEFAULT_BUSINESS } from "../businesses/business.ts";
import { FolderSource } from "../businesses/folder_source.ts";
import { problemLine } from "../businesses/problem.ts";
import { settle } from "../businesses/settle.ts";
import { readSecret } from "../config/secrets.ts";
import { messageOf } from "../util/errors.ts";
import type { Finding } from "./finding.ts";

const SUBJECT = "Businesses";

/** Reads the folder of business files as the server would: who would serve, and everything that is wrong. */
export async function examineBusinesses(
  folder: string,
): Promise<{ businesses: readonly Business[]; findings: Finding[] }> {
  const findings: Finding[] = [];
  let description;
  try {
    description = await new FolderSource(folder, readSecret).read();
  } catch (error) {
    findings.push({
      subject: SUBJECT,
      state: "bad",
      detail: `${folder} cannot be read: ${messageOf(error)}`,
    });
    return { businesses: [], findings };
  }
  const { serving, problems } = settle(description ?? { good: [], bad: [], problems: [] });
  for (const problem of problems) {
    findings.push({ subject: SUBJECT, state: "bad", detail: problemLine(problem) });
  }
  if (serving.length > 0) {
    const names = serving.slice(0, 5).map(({ business }) => business.id).join(", ");
    const more = serving.length > 5 ? ` and ${serving.length - 5} more` : "";
    findings.push({ subject: SUBJECT, state: "good", detail: `${names}${more}` });
    return { businesses: serving.map(({ business }) => business), findings };
  }
  if (problems.length > 0) return { businesses: [], findings };
  const detail = `none in ${folder}: one built-in business answers every number`;
  findings.push({
    subject: SUBJECT,
    state: "doubtful",
    detail,
    remedy: "copy one of businesses/*.example.json",
  });
  return { businesses: [DEFAULT_BUSINESS], findings };
}
