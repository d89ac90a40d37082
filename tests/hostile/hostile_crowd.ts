import { HOSTILE_KINDS, type HostileTarget } from "./hostile_kinds.ts";
import { HostileSocket } from "./hostile_socket.ts";

/** How long an attacker whom the server has sent away waits before it comes again. */
const AGAIN_MS = 400;

/** What became of the connections of one kind. */
export interface KindCount {
  opened: number;
  /** The server, or the proxy, has closed them. */
  closed: number;
  /** The longest that one of these lasted, in milliseconds. */
  longestMs: number;
  /** Those that are open now. */
  open: number;
  /** The status lines that came back. */
  readonly answers: Set<string>;
}

/** So many attackers of every kind at once, each over a connection of its own, until they are called off. */
export class HostileCrowd {
  readonly counts = new Map<string, KindCount>();
  readonly #port: number;
  readonly #target: HostileTarget;
  readonly #sockets = new Set<HostileSocket>();
  readonly #attacks: Promise<void>[] = [];
  #isCalledOff = false;

  /** @param ofEachKind attackers of a kind @param names the kinds; default all */
  constructor(port: number, target: HostileTarget, ofEachKind: number, names = Object.keys(HOSTILE_KINDS)) {
    this.#port = port;
    this.#target = target;
    for (const name of names) {
      this.counts.set(name, { opened: 0, closed: 0, longestMs: 0, open: 0, answers: new Set() });
      for (let index = 0; index < ofEachKind; index++) this.#attacks.push(this.#attack(name));
    }
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** Those of some kinds. */
  openOf(names: readonly string[]): number {
    return names.reduce((sum, name) => sum + (this.counts.get(name)?.open ?? 0), 0);
  }

  /** What is not as {@link HOSTILE_KINDS} says: kinds that were answered otherwise, or that the server did not end in time. */
  surprises(withinMs: number): string[] {
    return [...this.counts].flatMap(([name, { answers, opened, closed, longestMs }]) => {
      const { answer, endedBy } = HOSTILE_KINDS[name];
      const others = [...answers].filter((line) => !answer.test(line));
      const isKept = endedBy === "server" && (closed === 0 || longestMs > withinMs);
      return [
        ...opened === 0 ? [`${name}: was not let in`] : [],
        ...others.length > 0 ? [`${name}: ${others.join(", ")}`] : [],
        ...isKept ? [`${name}: ${closed} of ${opened} closed, after ${longestMs} ms at most`] : [],
      ];
    });
  }

  /** Nobody comes again; who is there stays. */
  callOff(): void {
    this.#isCalledOff = true;
  }

  /** All go away. */
  async leave(): Promise<void> {
    this.callOff();
    for (const socket of this.#sockets) socket.close();
    await Promise.all(this.#attacks);
  }

  async #attack(name: string): Promise<void> {
    const { run, reads = true } = HOSTILE_KINDS[name];
    const count = this.counts.get(name)!;
    while (!this.#isCalledOff) {
      const socket = await HostileSocket.open(this.#port, reads);
      if (socket) {
        count.opened++;
        count.open++;
        this.#sockets.add(socket);
        const startMs = performance.now();
        const running = run(socket, this.#target);
        await socket.over;
        this.#sockets.delete(socket);
        count.open--;
        if (!this.#isCalledOff) {
          count.closed++;
          count.longestMs = Math.max(count.longestMs, Math.round(performance.now() - startMs));
        }
        if (socket.answer) count.answers.add(socket.answer);
        await running;
      }
      if (!this.#isCalledOff) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
