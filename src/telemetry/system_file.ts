/**
 * The text of files that the system makes up, such as those in `/proc`, one after the other. Deno hands them to
 * all-powerful programs only, so unless this is one, `cat` reads them for us (`--allow-run=cat`), in about 3 ms. Files
 * that are not there are left out.
 *
 * @throws when neither is permitted
 */
export async function readSystemFiles(paths: readonly string[]): Promise<string> {
  try {
    return (await Promise.all(paths.map(readDirectly))).join("");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotCapable)) throw error;
    const cat = new Deno.Command("cat", { args: [...paths], stderr: "null" });
    return new TextDecoder().decode((await cat.output()).stdout);
  }
}

async function readDirectly(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}
