/** @import { AlarmEvent } from "../../../observability/memory/memory_alarms.ts" */
/** @import { MemorySample } from "../../../observability/memory/memory_samples.ts" */
/** @import { Timeline } from "./timeline.js" */

/**
 * Places a moment, in epoch milliseconds, in pixels from the left.
 *
 * @typedef {(epochMs: number) => number} Across
 */
/**
 * Places a sample, in pixels from the top.
 *
 * @typedef {(sample: MemorySample) => number} Down
 */

const MB = 2 ** 20;
/** Room for the axes' words, in pixels. */
const LEFT = 52, RIGHT = 34, TOP = 22, BOTTOM = 24;
/** Steps that read well, by powers of ten. */
const ROUND_STEPS = [1, 2, 5, 10];

/** Memory as lines on the left axis, the number of calls as steps on the right one, alarms as marks. */
export class Chart {
  #svg;
  #timeline;
  /** @type {readonly AlarmEvent[]} */
  #alarms = [];
  /**
   * Where the pointer is, in pixels from the left; undefined when it is not over the chart.
   *
   * @type {number | undefined}
   */
  #pointer;

  /**
   * @param {SVGSVGElement} svg
   * @param {Timeline} timeline
   */
  constructor(svg, timeline) {
    this.#svg = svg;
    this.#timeline = timeline;
    svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    svg.addEventListener("pointerleave", () => this.#point(undefined));
    new ResizeObserver(() => this.draw()).observe(svg);
  }

  /** @param {readonly AlarmEvent[]} [alarms] */
  draw(alarms = this.#alarms) {
    this.#alarms = alarms;
    const { samples: known, range: { fromMs, toMs } } = this.#timeline;
    // The first one is drawn as a line, not as a point that nobody sees.
    const samples = known.length === 1 ? [{ ...known[0], epochMs: fromMs }, known[0]] : known;
    const { width, height } = this.#svg.getBoundingClientRect();
    const last = samples.at(-1);
    if (!last || width === 0) return;
    const [memoryNow, callsNow] = [(last.rss / MB).toFixed(0), last.activeCalls];
    this.#svg.setAttribute(
      "aria-label",
      `Memory and calls over time. Now ${memoryNow} MB and ${callsNow} calls.`,
    );
    const bottom = height - BOTTOM, right = width - RIGHT;
    const memory = ticks(Math.max(...samples.map(({ rss }) => rss)) / MB, 4);
    const calls = ticks(Math.max(1, ...samples.map(({ activeCalls }) => activeCalls)), 4, 1);
    /** @type {Across} */
    const x = (epochMs) => LEFT + (right - LEFT) * (epochMs - fromMs) / (toMs - fromMs);
    const up = (/** @type {number} */ share) => bottom - (bottom - TOP) * share;
    const ofMemory = (/** @type {number} */ bytes) => up(bytes / MB / memory[memory.length - 1]);
    const ofCalls = (/** @type {number} */ count) => up(count / calls[calls.length - 1]);
    const isOwnKnown = samples.some(({ rssAnon }) => rssAnon !== null);
    const own = line(samples, x, ({ rssAnon, rss }) => ofMemory(rssAnon ?? rss));
    const load = steps(samples, x, ({ activeCalls }) => ofCalls(activeCalls));
    const base = `L${x(last.epochMs)} ${bottom}L${x(samples[0].epochMs)} ${bottom}Z`;
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

  /** @param {number | undefined} pointer */
  #point(pointer) {
    this.#pointer = pointer;
    this.draw();
  }

  /**
   * @param {number} fromMs
   * @param {Across} x
   * @param {number} bottom
   */
  #marks(fromMs, x, bottom) {
    return this.#alarms.filter(({ change, epochMs }) => change === "raised" && epochMs >= fromMs).flatMap(
      ({ alarm, epochMs }) => [
        element("line", { class: "mark", x1: x(epochMs), x2: x(epochMs), y1: TOP, y2: bottom }),
        words(x(epochMs) + 5, TOP + 10, alarm === "growth" ? "growth" : "no return", "start", "mark-name"),
      ],
    );
  }

  /**
   * The figures of the sample nearest to the pointer.
   *
   * @param {readonly MemorySample[]} samples
   * @param {Across} x
   * @param {number} bottom
   * @param {number} width
   */
  #readout(samples, x, bottom, width) {
    const pointer = this.#pointer;
    if (pointer === undefined) return [];
    const off = (/** @type {MemorySample} */ { epochMs }) => Math.abs(x(epochMs) - pointer);
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

/**
 * @param {readonly MemorySample[]} samples
 * @param {Across} x
 * @param {Down} y
 */
function line(samples, x, y) {
  return "M" + samples.map((sample) => `${x(sample.epochMs).toFixed(1)} ${y(sample).toFixed(1)}`).join("L");
}

/**
 * A number of calls holds until the next sample.
 *
 * @param {readonly MemorySample[]} samples
 * @param {Across} x
 * @param {Down} y
 */
function steps(samples, x, y) {
  const [first, ...rest] = samples;
  const moves = rest.map((sample) => `H${x(sample.epochMs).toFixed(1)}V${y(sample).toFixed(1)}`);
  return `M${x(first.epochMs).toFixed(1)} ${y(first).toFixed(1)}${moves.join("")}`;
}

/**
 * Round values from 0 up to the first one that is not below `most`, about `count` of them.
 *
 * @param {number} most
 * @param {number} count
 * @param {number} [least] the smallest step, 1 for what comes in whole numbers
 */
export function ticks(most, count, least = 0) {
  const raw = Math.max(most / count, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * (ROUND_STEPS.find((each) => each * power >= raw * 0.999) ?? 10);
  const values = [0];
  while (values[values.length - 1] < most * 0.999) values.push(values.length * step);
  if (values.length === 1) values.push(step);
  return values;
}

/**
 * Round times to write below the chart, as many as have room.
 *
 * @param {number} fromMs
 * @param {number} toMs
 * @param {number} width
 */
function times(fromMs, toMs, width) {
  const seconds =
    [10, 30, 60, 120, 300, 600].find((each) => (toMs - fromMs) / (each * 1000) <= width / 110) ?? 900;
  const step = seconds * 1000;
  const first = Math.ceil((fromMs + step / 4) / step) * step;
  const count = Math.max(0, Math.ceil((toMs - step / 4 - first) / step));
  return Array.from({ length: count }, (_, index) => first + index * step)
    .map((ms) => ({ ms, text: clock(ms, seconds < 60) }));
}

/**
 * @param {number} epochMs
 * @param {boolean} hasSeconds
 */
function clock(epochMs, hasSeconds) {
  return new Date(epochMs).toTimeString().slice(0, hasSeconds ? 8 : 5);
}

/**
 * @param {string} name
 * @param {Record<string, string | number>} attributes
 */
function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, `${value}`);
  return made;
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {string} anchor
 * @param {string} [name] the class
 */
function words(x, y, text, anchor, name = "axis") {
  const made = element("text", { x, y, "text-anchor": anchor, class: name });
  made.textContent = text;
  return made;
}
