/** More turns than any chain of promises in the code under test has links. */
const TURNS = 20;

/** Lets promises that are settled already run their reactions, without any time passing. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await Promise.resolve();
}
