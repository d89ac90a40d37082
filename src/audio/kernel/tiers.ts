/** Length of the kernel's filters: the choice between delay, CPU and quality. */
export type KernelTier = "polyphase-fast" | "polyphase" | "polyphase-best";

/** How the filters of one tier are designed. */
export interface TierDesign {
  /** Taps of the filter at 24 kHz, a multiple of 48. The last is zero, so that the rest has a middle. */
  readonly taps: number;
  /** Shape of the Kaiser window going up: larger trades a wider transition for a deeper stop band. */
  readonly upBeta: number;
  /** Half-amplitude frequency going down, in Hz. At 4,000 the filter is a third-band (Nyquist) filter. */
  readonly downCutoffHz: number;
  /** Shape of the Kaiser window going down. */
  readonly downBeta: number;
}

/** The tiers, from 1 ms to 3 ms of delay each way. `deno task bench` shows what each one gives. */
export const TIERS: Readonly<Record<KernelTier, TierDesign>> = {
  "polyphase-fast": { taps: 48, upBeta: 4.5, downCutoffHz: 4000, downBeta: 4.5 },
  "polyphase": { taps: 96, upBeta: 7.3, downCutoffHz: 4000, downBeta: 7.3 },
  // long enough to stop everything that would alias, not only what would alias below 3.4 kHz
  "polyphase-best": { taps: 144, upBeta: 8.5, downCutoffHz: 3680, downBeta: 6 },
};
