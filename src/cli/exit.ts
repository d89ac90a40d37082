/** Exit codes of every command. */
export const EXIT = {
  good: 0,
  failed: 1,
  /** Wrong usage or configuration. */
  usage: 2,
} as const;
