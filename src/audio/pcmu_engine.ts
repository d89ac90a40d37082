import { BufferedEngine, type Conversion } from "./buffered_engine.ts";

const NOTHING = new Uint8Array(0);

const UNCHANGED: Conversion = {
  format: "pcmu",
  bytesHeld: 0,
  up: (muLaw) => muLaw,
  down: (muLaw) => muLaw,
  flushDown: () => NOTHING,
  resetDown() {},
};

/** For sessions that speak mu-law themselves: audio passes through unchanged. */
export class PcmuEngine extends BufferedEngine {
  constructor() {
    super("pcmu", () => UNCHANGED);
  }
}
