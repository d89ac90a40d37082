import { messageOf } from "../../util/errors.ts";
import type { Finding } from "./finding.ts";

/** Writes a file into the folder of records and knowledge, and removes it again. */
export async function examineDataFolder(folder: string): Promise<Finding> {
  const subject = "DATA_DIR";
  try {
    await Deno.mkdir(folder, { recursive: true });
    const file = await Deno.makeTempFile({ dir: folder, prefix: "doctor-" });
    await Deno.remove(file);
    return { subject, state: "good", detail: `${folder} can be written` };
  } catch (error) {
    const remedy = "let the user that runs the server own it; deno run takes --allow-read and --allow-write";
    return { subject, state: "bad", detail: `${folder} cannot be written: ${messageOf(error)}`, remedy };
  }
}
