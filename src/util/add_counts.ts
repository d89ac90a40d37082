/** Adds up counts of the same names, each with its own. */
export function addCounts<T extends { readonly [Key in keyof T]: number }>(sum: T, more: T): T {
  const total = { ...sum };
  for (const name in sum) total[name] = (sum[name] + more[name]) as T[typeof name];
  return total;
}
