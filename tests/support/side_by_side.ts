/**
 * Tests of one subject that mostly wait for sound to be heard: they run at the same time, as steps of one test. What the
 * sanitizers watch is looked at when all of them are over. Returns the function that adds a test.
 */
export function sideBySide(subject: string): (name: string, test: () => Promise<void>) => void {
  const tests: { name: string; fn: () => Promise<void> }[] = [];
  Deno.test(subject, async (context) => {
    const alone = { sanitizeOps: false, sanitizeResources: false, sanitizeExit: false };
    await Promise.all(tests.map((test) => context.step({ ...test, ...alone })));
  });
  return (name, fn) => void tests.push({ name, fn });
}
