/**
 * The value of a variable that a business file names. Like a variable of the configuration, one that the process may not
 * read counts as not set.
 */
export function readSecret(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
