import process from "node:process";

/**
 * What this thread has used of a processor so far, in milliseconds: what its work costs, however busy the machine is. To some
 * 10 ms, as kernels count it.
 */
export function threadCpuMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}
