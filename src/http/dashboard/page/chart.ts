import type { AlarmEvent } from "../../../observability/memory/memory_alarms.ts";
import type { MemorySample } from "../../../observability/memory/sample_history.ts";
import { ticks } from "./scale.ts";
import type { Timeline } from "./timeline.ts";

const MB = 2 ** 20;
/** Room for the axes' words, in pixels. */
const LEFT = 52, RIGHT = 34, TOP = 22, BOTTOM = 24;

/** Memory as lines on the left axis, the number of calls as steps on the right one, alarms as marks. */
export class Chart {
  readonly #svg: SVGSVGElement;
  readonly #timeline: Timeline;
  #alarms: readonly AlarmEvent[] = [];
  /** Where the pointer is, in pixels from the left; undefined when it is not over the chart. */
  #pointer: number | undefined;

  constructor(svg: SVGSVGElement, timeline: Timeline) {
    this.#svg = svg;
    this.#timeline = timeline;
    svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    svg.addEventListener("pointerleave", () => this.#point(undefined));
    new ResizeObserver(() => this.draw()).observe(svg);
  }

  draw(alarms: readonly AlarmEvent[] = this.#alarms): void {
    this.#alarms = alarms;
    const { samples, range: { fromMs, toMs } } = this.#timeline;
    const { width, height } = this.#svg.getBoundingClientRect();
    if (samples.length === 0 || width === 0) return;
    const bottom = height - BOTTOM, right = width - RIGHT;
    const memory = ticks(Math.max(...samples.map(({ rss }) => rss)) / MB, 4);
    const calls = ticks(Math.max(1, ...samples.map(({ activeCalls }) => activeCalls)), 4, 1);
    const x = (epochMs: number) => LEFT + (right - LEFT) * (epochMs - fromMs) / (toMs - fromMs);
    const up = (share: number) => bottom - (bottom - TOP) * share;
    const ofMemory = (bytes: number) => up(bytes / MB / memory.at(-1)!);
    const ofCalls = (count: number) => up(count / calls.at(-1)!);
    const isOwnKnown = samples.some(({ rssAnon }) => rssAnon !== null);
    const own = line(samples, x, ({ rssAnon, rss }) => ofMemory(rssAnon ?? rss));
    const load = steps(samples, x, ({ activeCalls }) => ofCalls(activeCalls));
    const base = `L${x(samples.at(-1)!.epochMs)} ${bottom}L${x(samples[0].epochMs)} ${bottom}Z`;
    this.#svg.replaceChildren(
      ...memory.map((value) =>
        element("line", {
          class: "grid",
          x1: LEFT,
          x2: right,
          y1: ofMemory(value * MB),
          y2: ofMemory(value * MB),
        })
      ),
      ...memory.map((value) => words(LEFT - 8, ofMemory(value * MB) + 4, `${value}`, "end")),
      ...calls.map((value) => words(right + 8, ofCalls(value) + 4, `${value}`, "start")),
      words(LEFT - 8, 10, "MB", "end"),
      words(width, 10, "calls", "end"),
      ...times(fromMs, toMs, width).map(({ ms, text }) => words(x(ms), height - 4, text, "middle")),
      element("path", { class: "shade", d: load + base }),
      element("path", { class: "line load", d: load }),
      element("path", { class: "area", d: own + base }),
      element("path", { class: "line rss", d: line(samples, x, ({ rss }) => ofMemory(rss)) }),
      ...isOwnKnown ? [element("path", { class: "line anon", d: own })] : [],
      ...this.#marks(fromMs, x, bottom),
      ...this.#readout(samples, x, bottom, width),
    );
  }

  #point(pointer: number | undefined): void {
    this.#pointer = pointer;
    this.draw();
  }

  #marks(fromMs: number, x: (epochMs: number) => number, bottom: number): SVGElement[] {
    return this.#alarms.filter(({ change, epochMs }) => change === "raised" && epochMs >= fromMs).flatMap(
      ({ alarm, epochMs }) => [
        element("line", { class: "mark", x1: x(epochMs), x2: x(epochMs), y1: TOP, y2: bottom }),
        words(x(epochMs) + 5, TOP + 10, alarm === "growth" ? "growth" : "no return", "start", "mark-name"),
      ],
    );
  }

  /** The figures of the sample nearest to the pointer. */
  #readout(
    samples: readonly MemorySample[],
    x: (ms: number) => number,
    bottom: number,
    width: number,
  ): SVGElement[] {
    const pointer = this.#pointer;
    if (pointer === undefined) return [];
    const off = ({ epochMs }: MemorySample) => Math.abs(x(epochMs) - pointer);
    const nearest = samples.reduce((best, sample) => off(sample) < off(best) ? sample : best);
    const { epochMs, rss, rssAnon, activeCalls } = nearest;
    const at = x(epochMs);
    const own = rssAnon === null ? "" : `${(rssAnon / MB).toFixed(1)} MB own, `;
    const text = `${clock(epochMs, true)}  ${own}${(rss / MB).toFixed(1)} MB resident, ${activeCalls} calls`;
    const anchor = at < width / 2 ? "start" : "end";
    return [
      element("line", { class: "cursor", x1: at, x2: at, y1: TOP, y2: bottom }),
      words(at + (anchor === "start" ? 6 : -6), TOP - 8, text, anchor, "readout"),
    ];
  }
}

type Place = (sample: MemorySample) => number;

function line(samples: readonly MemorySample[], x: (ms: number) => number, y: Place): string {
  return "M" + samples.map((sample) => `${x(sample.epochMs).toFixed(1)} ${y(sample).toFixed(1)}`).join("L");
}

/** A number of calls holds until the next sample. */
function steps(samples: readonly MemorySample[], x: (ms: number) => number, y: Place): string {
  const [first, ...rest] = samples;
  const moves = rest.map((sample) => `H${x(sample.epochMs).toFixed(1)}V${y(sample).toFixed(1)}`);
  return `M${x(first.epochMs).toFixed(1)} ${y(first).toFixed(1)}${moves.join("")}`;
}

/** Round times to write below the chart, as many as have room. */
function times(fromMs: number, toMs: number, width: number): { ms: number; text: string }[] {
  const seconds =
    [10, 30, 60, 120, 300, 600].find((each) => (toMs - fromMs) / (each * 1000) <= width / 110) ?? 900;
  const step = seconds * 1000;
  const first = Math.ceil((fromMs + step / 4) / step) * step;
  const count = Math.max(0, Math.ceil((toMs - step / 4 - first) / step));
  return Array.from({ length: count }, (_, index) => first + index * step)
    .map((ms) => ({ ms, text: clock(ms, seconds < 60) }));
}

function clock(epochMs: number, hasSeconds: boolean): string {
  return new Date(epochMs).toTimeString().slice(0, hasSeconds ? 8 : 5);
}

function element(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  return made;
}

function words(x: number, y: number, text: string, anchor: string, name = "axis"): SVGElement {
  const made = element("text", { x, y, "text-anchor": anchor, class: name });
  made.textContent = text;
  return made;
}
