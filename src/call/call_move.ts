import { decodedBase64 } from "../audio/base64.ts";
import { BYTES_PER_MS } from "../audio/mulaw.ts";
import { after, type Clock, type Timer } from "../util/clock.ts";
import type { Conversation } from "./conversation/conversation.ts";
import type { Playback } from "./playback/playback.ts";
import { CARRIED_ITEM, type CarriedTalk } from "./suspended_calls.ts";
import type { Uplink } from "./uplink.ts";

/** What a move works with. */
export interface CallMoveParts {
  readonly uplink: Uplink;
  readonly playback: Playback;
  readonly conversation: Pick<Conversation, "carry" | "isCarried" | "stay">;
}

/** How a call changes processes: it leaves one in a rest of the talk, and goes on in the other from there. */
export class CallMove implements Disposable {
  readonly #parts: CallMoveParts;
  #arrival: Timer | undefined;
  #isUnderWay = false;

  constructor(parts: CallMoveParts) {
    this.#parts = parts;
  }

  /** True once the call goes on in another process, or is about to. */
  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /**
   * Silences the call and lets another process have it: `handOver` puts what was under way where that one
   * finds it, and returns whether it could. The call goes on here until it has, and for good when somebody
   * speaks meanwhile.
   *
   * @returns whether the other process has it
   */
  async leave(handOver: (carried: CarriedTalk) => Promise<boolean>): Promise<boolean> {
    const { conversation } = this.#parts;
    this.#isUnderWay = true;
    const isTaken = await handOver(conversation.carry());
    if (isTaken && conversation.isCarried) return true;
    this.#isUnderWay = false;
    conversation.stay();
    return false;
  }

  /** Goes on with what was under way where the call comes from. */
  arrive({ callerAudio, agentAudio }: CarriedTalk, clock: Clock): void {
    const { uplink, playback } = this.#parts;
    if (callerAudio !== undefined) uplink.begin(decodedBase64(callerAudio));
    if (agentAudio === undefined) return;
    // Not before the stream has been accepted: until then it takes nothing.
    this.#arrival = after(clock, 0, () => {
      const muLaw = decodedBase64(agentAudio);
      playback.write(CARRIED_ITEM, CARRIED_ITEM, muLaw);
      playback.endItem(CARRIED_ITEM, muLaw.length / BYTES_PER_MS);
    });
  }

  [Symbol.dispose](): void {
    this.#arrival?.cancel();
  }
}
