// Made by `deno task dashboard` from the files in ./page.

export const PAGE_HTML = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Slimline</title>
    <link rel="icon" href="data:,">
    <!--style-->
  </head>
  <body>
    <header>
      <h1>Slimline</h1>
      <span class="pill" id="admission" data-tone="idle">…</span>
      <span class="link" id="link" data-state="connecting" role="status">connecting</span>
      <form method="post" action="/dashboard/logout" data-slot-logout><button>Log out</button></form>
    </header>
    <main>
      <section class="tiles" aria-label="Now">
        <article>
          <h2>Calls</h2>
          <p class="figure" id="calls">–</p>
          <p class="note" id="calls-note">&nbsp;</p>
        </article>
        <article>
          <h2>Memory</h2>
          <p class="figure" id="memory">–</p>
          <p class="note" id="memory-note">&nbsp;</p>
          <div class="gauge" id="gauge"><i></i></div>
        </article>
        <article>
          <h2>Held by a call</h2>
          <p class="figure" id="per-call">–</p>
          <p class="note">buffers and sockets</p>
        </article>
        <article>
          <h2>Answer after</h2>
          <p class="figure" id="latency">–</p>
          <p class="note">median of live calls</p>
        </article>
        <article>
          <h2>Event loop late</h2>
          <p class="figure" id="lag">–</p>
          <p class="note">last half second</p>
        </article>
        <article>
          <h2>Cost</h2>
          <p class="figure" id="cost">–</p>
          <p class="note">live calls so far</p>
        </article>
      </section>

      <section class="panel">
        <div class="heading">
          <h2>Memory and calls</h2>
          <ul class="legend">
            <li class="anon">own memory</li>
            <li class="rss">resident</li>
            <li class="load">calls</li>
          </ul>
        </div>
        <svg id="chart" role="img" aria-label="Memory and calls over time"></svg>
      </section>

      <section class="panel">
        <div class="heading">
          <h2>Alarms</h2>
        </div>
        <ul class="alarms" id="alarms"></ul>
      </section>

      <section class="panel">
        <div class="heading">
          <h2>Live calls</h2>
          <span class="note" id="more"></span>
        </div>
        <table id="table">
          <thead>
            <tr>
              <th>Business</th>
              <th>State</th>
              <th class="number">Time</th>
              <th class="number">Answer</th>
              <th class="number">Held</th>
              <th class="number">Cost</th>
              <th>Last words</th>
            </tr>
          </thead>
          <tbody id="rows"></tbody>
        </table>
        <p class="empty" id="empty">Nobody is on the line.</p>
      </section>
    </main>
    <!--script-->
  </body>
</html>
`;

export const PAGE_CSS = `:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --panel: #ffffff;
  --line: #e3e6eb;
  --ink: #16191f;
  --soft: #646c7a;
  --faint: #98a0ad;
  --own: #2563eb;
  --resident: #93a3bd;
  --load: #e08a1e;
  --good: #178a50;
  --warn: #b7650a;
  --bad: #cf2f3d;
  --shade: 0 1px 2px rgb(20 30 50 / 6%), 0 4px 16px rgb(20 30 50 / 4%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116;
    --panel: #161b22;
    --line: #262d37;
    --ink: #e8ebf0;
    --soft: #98a2b1;
    --faint: #687282;
    --own: #60a0ff;
    --resident: #566377;
    --load: #f2a33c;
    --good: #3fc27e;
    --warn: #f2a33c;
    --bad: #ff6b76;
    --shade: none;
  }
}

* {
  box-sizing: border-box;
  margin: 0;
}

[hidden] {
  display: none !important;
}

body {
  background: var(--ground);
  color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}

button {
  font: inherit;
  color: var(--soft);
  background: none;
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 4px 12px;
  cursor: pointer;
}

button:hover {
  color: var(--ink);
  border-color: var(--faint);
}

:focus-visible {
  outline: 2px solid var(--own);
  outline-offset: 2px;
}
header {
  display: flex;
  align-items: center;
  gap: 12px;
  max-width: 1240px;
  margin: 0 auto;
  padding: 18px 24px 6px;
}

h1 {
  font-size: 20px;
  font-weight: 650;
  letter-spacing: -0.02em;
}

h2 {
  font-size: 13px;
  font-weight: 550;
  color: var(--soft);
}

.pill {
  padding: 2px 10px;
  border-radius: 99px;
  font-size: 13px;
  font-weight: 550;
  color: var(--tone);
  background: color-mix(in srgb, var(--tone) 13%, transparent);
}

[data-tone="good"] {
  --tone: var(--good);
}

[data-tone="warn"] {
  --tone: var(--warn);
}

[data-tone="bad"] {
  --tone: var(--bad);
}

[data-tone="own"] {
  --tone: var(--own);
}

[data-tone="idle"] {
  --tone: var(--faint);
}

.link {
  margin-left: auto;
  color: var(--soft);
  font-size: 13px;
}

.link::before,
.state::before,
.alarm::before {
  content: "";
  display: inline-block;
  width: 8px;
  height: 8px;
  margin-right: 7px;
  border-radius: 50%;
  background: var(--tone, var(--faint));
}

.link[data-state="live"] {
  --tone: var(--good);
}

.link[data-state="lost"] {
  --tone: var(--bad);
  color: var(--bad);
}

main {
  display: grid;
  gap: 14px;
  max-width: 1240px;
  margin: 0 auto;
  padding: 10px 24px 40px;
}

.tiles {
  display: grid;
  grid-template-columns: repeat(6, 1fr);
  gap: 14px;
}

article,
.panel {
  position: relative;
  min-width: 0;
  padding: 14px 16px;
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 12px;
  box-shadow: var(--shade);
}

.figure {
  margin-top: 2px;
  font-size: 27px;
  font-weight: 600;
  letter-spacing: -0.025em;
  white-space: nowrap;
}

.figure small {
  margin-left: 3px;
  font-size: 15px;
  font-weight: 500;
  letter-spacing: 0;
  color: var(--soft);
}

.note {
  overflow: hidden;
  font-size: 13px;
  color: var(--faint);
  white-space: nowrap;
  text-overflow: ellipsis;
}

.gauge {
  position: absolute;
  right: 16px;
  bottom: 9px;
  left: 16px;
  height: 3px;
  overflow: hidden;
  background: var(--line);
  border-radius: 2px;
}

.gauge i {
  display: block;
  width: 0;
  height: 100%;
  background: var(--tone, var(--own));
  border-radius: 2px;
}

.heading {
  display: flex;
  align-items: baseline;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 4px 16px;
  margin-bottom: 8px;
}

.legend {
  display: flex;
  gap: 16px;
  padding: 0;
  font-size: 13px;
  color: var(--soft);
  list-style: none;
}

.legend li {
  white-space: nowrap;
}

.legend li::before {
  content: "";
  display: inline-block;
  width: 14px;
  height: 3px;
  margin-right: 6px;
  border-radius: 2px;
  vertical-align: middle;
  background: var(--of);
}

.anon {
  --of: var(--own);
}

.rss {
  --of: var(--resident);
}

.load {
  --of: var(--load);
}

#chart {
  display: block;
  width: 100%;
  height: 280px;
  touch-action: pan-y;
}

#chart text {
  font-size: 12px;
  fill: var(--faint);
}

#chart .grid {
  stroke: var(--line);
}

#chart .area {
  fill: var(--own);
  opacity: 0.1;
}

#chart .line {
  fill: none;
  stroke: var(--of);
  stroke-width: 2;
  stroke-linejoin: round;
}

#chart .line.rss {
  stroke-width: 1.25;
}

#chart .line.load {
  stroke-width: 1.5;
}

#chart .shade {
  fill: var(--load);
  opacity: 0.09;
}

#chart .mark {
  stroke: var(--bad);
  stroke-dasharray: 3 3;
}

#chart .mark-name {
  fill: var(--bad);
}

#chart .cursor {
  stroke: var(--faint);
}

#chart .readout {
  font-weight: 550;
  fill: var(--ink);
}

.alarms {
  display: grid;
  grid-template-columns: repeat(2, 1fr);
  gap: 6px 24px;
  padding: 0;
  list-style: none;
}

.alarm b {
  font-weight: 550;
}

.alarm span {
  color: var(--soft);
}

.alarm[data-tone="bad"] b,
.alarm[data-tone="bad"] span {
  color: var(--bad);
}

table {
  width: 100%;
  border-collapse: collapse;
  table-layout: fixed;
}

th {
  padding: 4px 10px 6px 0;
  font-size: 12px;
  font-weight: 500;
  color: var(--faint);
  text-align: left;
}

td {
  padding: 8px 10px 8px 0;
  overflow: hidden;
  border-top: 1px solid var(--line);
  text-overflow: ellipsis;
  white-space: nowrap;
}

.number {
  padding-right: 22px;
  text-align: right;
}

th:nth-child(1) {
  width: 17%;
}

th:nth-child(2) {
  width: 12%;
}

th:nth-child(n + 3):nth-child(-n + 6) {
  width: 8%;
}

.business {
  font-weight: 550;
}

.business small,
.words small {
  margin-left: 6px;
  font-size: 13px;
  font-weight: 400;
  color: var(--faint);
}

.words small {
  margin: 0 6px 0 0;
}

.empty {
  padding: 26px 0 20px;
  color: var(--faint);
  text-align: center;
}

@media (max-width: 1000px) {
  .tiles {
    grid-template-columns: repeat(3, 1fr);
  }
}

@media (max-width: 700px) {
  header {
    flex-wrap: wrap;
    padding: 14px 14px 4px;
  }

  main {
    gap: 10px;
    padding: 8px 14px 28px;
  }

  .tiles {
    grid-template-columns: repeat(2, 1fr);
    gap: 10px;
  }

  .figure {
    font-size: 23px;
  }

  #chart {
    height: 210px;
  }

  .alarms {
    grid-template-columns: 1fr;
  }

  thead {
    display: none;
  }

  tr {
    display: flex;
    flex-wrap: wrap;
    column-gap: 10px;
    padding: 10px 0;
    border-top: 1px solid var(--line);
  }

  td {
    flex: none;
    padding: 1px 0;
    border: 0;
  }

  /* So wide that only the state fits beside it. */
  td.business {
    flex: 1 1 calc(100% - 150px);
    min-width: 0;
  }

  td.number {
    padding-right: 0;
    font-size: 13px;
    color: var(--soft);
    text-align: left;
  }

  td.number::before {
    content: attr(data-name) " ";
    color: var(--faint);
  }

  td.words {
    flex: 1 0 100%;
    white-space: normal;
    overflow-wrap: anywhere;
  }
}

@media (max-width: 380px) {
  td.number::before {
    content: none;
  }
}
`;

export const PAGE_SCRIPT = `// src/http/dashboard/page/alarm_list.ts
var ALARMS = {
  growth: {
    name: "Growth",
    quiet: "none at a constant number of calls",
    raised: "memory grows at a constant number of calls"
  },
  no_return: {
    name: "Return",
    quiet: "calls leave nothing behind",
    raised: "memory has not come back after the calls ended"
  }
};
function showAlarms(list, { active, events }) {
  list.replaceChildren(...Object.keys(ALARMS).map((alarm) => {
    const { name, quiet, raised } = ALARMS[alarm];
    const isRaised = active.includes(alarm);
    const since = events.findLast((event) => event.alarm === alarm && event.change === "raised")?.epochMs;
    const item = document.createElement("li");
    item.className = "alarm";
    item.dataset.alarm = alarm;
    item.dataset.tone = isRaised ? "bad" : "good";
    const title = document.createElement("b");
    title.textContent = \`\${name}: \`;
    const about = document.createElement("span");
    about.textContent = isRaised && since !== void 0 ? \`\${raised}, since \${new Date(since).toTimeString().slice(0, 5)}\` : quiet;
    item.append(title, about);
    return item;
  }));
}

// src/http/dashboard/page/format.ts
var UNKNOWN = {
  value: "\\u2013",
  unit: ""
};
function bytes(count) {
  const units = [
    "B",
    "KB",
    "MB",
    "GB"
  ];
  let unit = 0;
  for (; count >= 1e3 && unit < units.length - 1; unit++) count /= 1024;
  return {
    value: unit === 0 || count >= 10 ? count.toFixed(0) : count.toFixed(1),
    unit: units[unit]
  };
}
function duration(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1e3));
  const two = (part) => \`\${part}\`.padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return \`\${minutes}:\${two(seconds % 60)}\`;
  return \`\${Math.floor(minutes / 60)}:\${two(minutes % 60)}:\${two(seconds % 60)}\`;
}
function milliseconds(ms) {
  if (ms >= 1e3) return {
    value: (ms / 1e3).toFixed(1),
    unit: "s"
  };
  return {
    value: ms < 10 ? ms.toFixed(1) : ms.toFixed(0),
    unit: "ms"
  };
}
function dollars(usd) {
  if (usd < 1) return {
    value: (100 * usd).toFixed(usd < 0.1 ? 1 : 0),
    unit: "\\xA2"
  };
  return {
    value: \`$\${usd.toFixed(2)}\`,
    unit: ""
  };
}
function text({ value, unit }) {
  return unit ? \`\${value} \${unit}\` : value;
}
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length - 1 >> 1];
}

// src/http/dashboard/page/calls_table.ts
var STATES = {
  connecting: {
    name: "connecting",
    tone: "warn"
  },
  caller_speaks: {
    name: "caller speaks",
    tone: "own"
  },
  answering: {
    name: "answering",
    tone: "good"
  },
  using_tool: {
    name: "using a tool",
    tone: "warn"
  },
  thinking: {
    name: "thinking",
    tone: "warn"
  },
  listening: {
    name: "listening",
    tone: "idle"
  }
};
var CallsTable = class {
  #body;
  #rows = /* @__PURE__ */ new Map();
  constructor(body) {
    this.#body = body;
  }
  show(calls) {
    const live = new Set(calls.map(({ callSid }) => callSid));
    for (const [callSid, row] of this.#rows) {
      if (live.has(callSid)) continue;
      row.remove();
      this.#rows.delete(callSid);
    }
    calls.forEach((call, index) => {
      const row = this.#rowOf(call.callSid);
      fill(row, call);
      if (this.#body.children[index] !== row) {
        this.#body.insertBefore(row, this.#body.children[index] ?? null);
      }
    });
  }
  #rowOf(callSid) {
    let row = this.#rows.get(callSid);
    if (!row) this.#rows.set(callSid, row = emptyRow(callSid));
    return row;
  }
};
var COLUMNS = [
  [
    "business",
    "Business"
  ],
  [
    "state",
    "State"
  ],
  [
    "number",
    "Time"
  ],
  [
    "number",
    "Answer"
  ],
  [
    "number",
    "Held"
  ],
  [
    "number",
    "Cost"
  ],
  [
    "words",
    "Last words"
  ]
];
function emptyRow(callSid) {
  const row = document.createElement("tr");
  row.dataset.call = callSid;
  for (const [className, name] of COLUMNS) {
    const cell = row.insertCell();
    cell.className = className;
    cell.dataset.name = name;
  }
  return row;
}
function fill(row, call) {
  const [business, state, time, answer, held, cost, said] = row.cells;
  const { name, tone } = STATES[call.state];
  const { latency, costUsd, lastWords } = call;
  business.replaceChildren(call.business, small(call.isOutbound ? \`to \${call.number}\` : call.number));
  state.textContent = name;
  state.dataset.tone = tone;
  time.textContent = duration(call.durationMs);
  answer.textContent = latency ? text(milliseconds(latency.played.p50Ms)) : "\\u2013";
  held.textContent = text(bytes(call.ledgerBytes));
  cost.textContent = costUsd === null ? "\\u2013" : text(dollars(costUsd));
  said.replaceChildren(...lastWords ? [
    small(lastWords.speaker),
    lastWords.text
  ] : []);
  said.title = lastWords?.text ?? "";
}
function small(content) {
  const made = document.createElement("small");
  made.textContent = content;
  return made;
}

// src/http/dashboard/page/scale.ts
var STEPS = [
  1,
  2,
  5,
  10
];
function ticks(most, count, least = 0) {
  const raw = Math.max(most / count, least, Number.MIN_VALUE);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * STEPS.find((each) => each * power >= raw * 0.999);
  const values = [
    0
  ];
  while (values.at(-1) < most * 0.999) values.push(values.length * step);
  if (values.length === 1) values.push(step);
  return values;
}

// src/http/dashboard/page/chart.ts
var MB = 2 ** 20;
var LEFT = 52;
var RIGHT = 34;
var TOP = 22;
var BOTTOM = 24;
var Chart = class {
  #svg;
  #timeline;
  #alarms = [];
  /** Where the pointer is, in pixels from the left; undefined when it is not over the chart. */
  #pointer;
  constructor(svg, timeline2) {
    this.#svg = svg;
    this.#timeline = timeline2;
    svg.addEventListener("pointermove", (event) => this.#point(event.offsetX));
    svg.addEventListener("pointerleave", () => this.#point(void 0));
    new ResizeObserver(() => this.draw()).observe(svg);
  }
  draw(alarms = this.#alarms) {
    this.#alarms = alarms;
    const { samples, range: { fromMs, toMs } } = this.#timeline;
    const { width, height } = this.#svg.getBoundingClientRect();
    if (samples.length === 0 || width === 0) return;
    const bottom = height - BOTTOM, right = width - RIGHT;
    const memory = ticks(Math.max(...samples.map(({ rss }) => rss)) / MB, 4);
    const calls = ticks(Math.max(1, ...samples.map(({ activeCalls }) => activeCalls)), 4, 1);
    const x = (epochMs) => LEFT + (right - LEFT) * (epochMs - fromMs) / (toMs - fromMs);
    const up = (share) => bottom - (bottom - TOP) * share;
    const ofMemory = (bytes2) => up(bytes2 / MB / memory.at(-1));
    const ofCalls = (count) => up(count / calls.at(-1));
    const isOwnKnown = samples.some(({ rssAnon }) => rssAnon !== null);
    const own = line(samples, x, ({ rssAnon, rss }) => ofMemory(rssAnon ?? rss));
    const load = steps(samples, x, ({ activeCalls }) => ofCalls(activeCalls));
    const base = \`L\${x(samples.at(-1).epochMs)} \${bottom}L\${x(samples[0].epochMs)} \${bottom}Z\`;
    this.#svg.replaceChildren(...memory.map((value) => element("line", {
      class: "grid",
      x1: LEFT,
      x2: right,
      y1: ofMemory(value * MB),
      y2: ofMemory(value * MB)
    })), ...memory.map((value) => words(LEFT - 8, ofMemory(value * MB) + 4, \`\${value}\`, "end")), ...calls.map((value) => words(right + 8, ofCalls(value) + 4, \`\${value}\`, "start")), words(LEFT - 8, 10, "MB", "end"), words(width, 10, "calls", "end"), ...times(fromMs, toMs, width).map(({ ms, text: text2 }) => words(x(ms), height - 4, text2, "middle")), element("path", {
      class: "shade",
      d: load + base
    }), element("path", {
      class: "line load",
      d: load
    }), element("path", {
      class: "area",
      d: own + base
    }), element("path", {
      class: "line rss",
      d: line(samples, x, ({ rss }) => ofMemory(rss))
    }), ...isOwnKnown ? [
      element("path", {
        class: "line anon",
        d: own
      })
    ] : [], ...this.#marks(fromMs, x, bottom), ...this.#readout(samples, x, bottom, width));
  }
  #point(pointer) {
    this.#pointer = pointer;
    this.draw();
  }
  #marks(fromMs, x, bottom) {
    return this.#alarms.filter(({ change, epochMs }) => change === "raised" && epochMs >= fromMs).flatMap(({ alarm, epochMs }) => [
      element("line", {
        class: "mark",
        x1: x(epochMs),
        x2: x(epochMs),
        y1: TOP,
        y2: bottom
      }),
      words(x(epochMs) + 5, TOP + 10, alarm === "growth" ? "growth" : "no return", "start", "mark-name")
    ]);
  }
  /** The figures of the sample nearest to the pointer. */
  #readout(samples, x, bottom, width) {
    const pointer = this.#pointer;
    if (pointer === void 0) return [];
    const off = ({ epochMs: epochMs2 }) => Math.abs(x(epochMs2) - pointer);
    const nearest = samples.reduce((best, sample) => off(sample) < off(best) ? sample : best);
    const { epochMs, rss, rssAnon, activeCalls } = nearest;
    const at2 = x(epochMs);
    const own = rssAnon === null ? "" : \`\${(rssAnon / MB).toFixed(1)} MB own, \`;
    const text2 = \`\${clock(epochMs, true)}  \${own}\${(rss / MB).toFixed(1)} MB resident, \${activeCalls} calls\`;
    const anchor = at2 < width / 2 ? "start" : "end";
    return [
      element("line", {
        class: "cursor",
        x1: at2,
        x2: at2,
        y1: TOP,
        y2: bottom
      }),
      words(at2 + (anchor === "start" ? 6 : -6), TOP - 8, text2, anchor, "readout")
    ];
  }
};
function line(samples, x, y) {
  return "M" + samples.map((sample) => \`\${x(sample.epochMs).toFixed(1)} \${y(sample).toFixed(1)}\`).join("L");
}
function steps(samples, x, y) {
  const [first, ...rest] = samples;
  const moves = rest.map((sample) => \`H\${x(sample.epochMs).toFixed(1)}V\${y(sample).toFixed(1)}\`);
  return \`M\${x(first.epochMs).toFixed(1)} \${y(first).toFixed(1)}\${moves.join("")}\`;
}
function times(fromMs, toMs, width) {
  const seconds = [
    10,
    30,
    60,
    120,
    300,
    600
  ].find((each) => (toMs - fromMs) / (each * 1e3) <= width / 110) ?? 900;
  const step = seconds * 1e3;
  const first = Math.ceil((fromMs + step / 4) / step) * step;
  const count = Math.max(0, Math.ceil((toMs - step / 4 - first) / step));
  return Array.from({
    length: count
  }, (_, index) => first + index * step).map((ms) => ({
    ms,
    text: clock(ms, seconds < 60)
  }));
}
function clock(epochMs, hasSeconds) {
  return new Date(epochMs).toTimeString().slice(0, hasSeconds ? 8 : 5);
}
function element(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, \`\${value}\`);
  return made;
}
function words(x, y, text2, anchor, name = "axis") {
  const made = element("text", {
    x,
    y,
    "text-anchor": anchor,
    class: name
  });
  made.textContent = text2;
  return made;
}

// src/http/dashboard/page/tiles.ts
var ADMISSION = {
  open: {
    name: "taking calls",
    tone: "good"
  },
  draining: {
    name: "draining",
    tone: "warn"
  },
  full: {
    name: "full",
    tone: "bad"
  },
  business_full: {
    name: "full",
    tone: "bad"
  },
  low_memory: {
    name: "low memory",
    tone: "bad"
  },
  late: {
    name: "overloaded",
    tone: "bad"
  }
};
function showTiles(view, at2) {
  const { sample, limit, admission, calls, missing = [] } = view;
  const { name, tone } = ADMISSION[admission.state];
  at2("admission").textContent = name;
  at2("admission").dataset.tone = tone;
  show(at2("calls"), {
    value: \`\${sample.activeCalls}\`,
    unit: ""
  });
  const refused = admission.refused > 0 ? \`, \${admission.refused} refused\` : "";
  const without = missing.map(({ worker, missing: missing2 }) => \`; without worker \${worker}, which \${missing2}\`);
  at2("calls-note").textContent = \`peak \${view.peakCalls}, \${view.totalCalls} in all\${refused}\${without.join("")}\`;
  const own = sample.rssAnon ?? sample.rss;
  show(at2("memory"), bytes(own));
  const ofLimit = limit === null ? "resident" : \`of \${text(bytes(limit))}\`;
  at2("memory-note").textContent = \`\${text(bytes(sample.rss))} \${ofLimit}\`;
  const bar = at2("gauge").firstElementChild;
  bar.style.width = limit === null ? "0" : \`\${Math.min(100, 100 * sample.rss / limit)}%\`;
  bar.dataset.tone = view.pressure === "none" ? "own" : view.pressure === "trim" ? "warn" : "bad";
  show(at2("per-call"), view.perCall === null ? UNKNOWN : bytes(view.perCall));
  const latency = median(calls.flatMap((call) => call.latency?.played.p50Ms ?? []));
  show(at2("latency"), latency === void 0 ? UNKNOWN : milliseconds(latency));
  show(at2("lag"), milliseconds(view.lagMs));
  const costs = calls.flatMap(({ costUsd }) => costUsd ?? []);
  show(at2("cost"), costs.length === 0 ? UNKNOWN : dollars(costs.reduce((sum, cost) => sum + cost, 0)));
}
function show(element2, { value, unit }) {
  const small2 = document.createElement("small");
  small2.textContent = unit;
  element2.replaceChildren(value, small2);
}

// src/http/dashboard/page/timeline.ts
var SHOWN_MS = 30 * 6e4;
var LEAST_SHOWN_MS = 2 * 6e4;
var Timeline = class {
  #samples = [];
  get samples() {
    return this.#samples;
  }
  /** The server's memory: fills what this page has not seen itself, also after the connection was lost for a while. */
  past(samples) {
    const seen = this.#samples;
    const isNews = ({ epochMs }) => {
      const next = seen.find((sample) => sample.epochMs >= epochMs);
      const previous = seen.findLast((sample) => sample.epochMs <= epochMs);
      return !next || !previous || next.epochMs - previous.epochMs > LEAST_SHOWN_MS;
    };
    this.#samples = [
      ...seen,
      ...samples.filter(isNews)
    ].sort((a, b) => a.epochMs - b.epochMs);
    this.#forget();
  }
  add(sample) {
    this.#samples.push(sample);
    this.#forget();
  }
  /** From when to when the chart goes, in epoch milliseconds. */
  get range() {
    const toMs = this.#samples.at(-1)?.epochMs ?? 0;
    const firstMs = this.#samples[0]?.epochMs ?? toMs;
    return {
      fromMs: Math.min(firstMs, toMs - LEAST_SHOWN_MS),
      toMs
    };
  }
  #forget() {
    const fromMs = (this.#samples.at(-1)?.epochMs ?? 0) - SHOWN_MS;
    const first = this.#samples.findIndex(({ epochMs }) => epochMs >= fromMs);
    this.#samples.splice(0, first);
  }
};

// src/http/dashboard/page/main.ts
var RETRY_MS = 1e4;
var timeline = new Timeline();
var chart = new Chart(at("chart"), timeline);
var table = new CallsTable(at("rows"));
connect();
function connect() {
  const events = new EventSource("/dashboard/events");
  events.addEventListener("open", () => tell("live", "live"));
  events.addEventListener("error", () => {
    tell("lost", "connection lost");
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, RETRY_MS);
  });
  events.addEventListener("past", ({ data }) => timeline.past(JSON.parse(data).samples));
  events.addEventListener("now", ({ data }) => show2(JSON.parse(data)));
}
function show2(view) {
  timeline.add(view.sample);
  showTiles(view, at);
  chart.draw(view.alarms.events);
  showAlarms(at("alarms"), view.alarms);
  table.show(view.calls);
  at("empty").hidden = view.calls.length > 0;
  at("table").hidden = view.calls.length === 0;
  at("more").textContent = view.moreCalls > 0 ? \`and \${view.moreCalls} more\` : "";
}
function tell(state, words2) {
  at("link").dataset.state = state;
  at("link").textContent = words2;
}
function at(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(\`The page has no #\${id}.\`);
  return found;
}
`;

export const LOGIN_HTML = `<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>Slimline: log in</title>
    <link rel="icon" href="data:,">
    <!--style-->
  </head>
  <body>
    <form method="post" action="/dashboard/login">
      <h1>Slimline</h1>
      <label for="token">Admin token</label>
      <input
        id="token"
        name="token"
        type="password"
        autocomplete="current-password"
        required
        autofocus
        aria-describedby="wrong"
      >
      <p id="wrong" role="alert" data-slot-wrong>This is not the token.</p>
      <button>Log in</button>
    </form>
  </body>
</html>
`;

export const LOGIN_CSS = `:root {
  color-scheme: light dark;
  --ground: #f4f5f7;
  --panel: #ffffff;
  --line: #e3e6eb;
  --ink: #16191f;
  --soft: #646c7a;
  --faint: #98a0ad;
  --own: #2563eb;
  --resident: #93a3bd;
  --load: #e08a1e;
  --good: #178a50;
  --warn: #b7650a;
  --bad: #cf2f3d;
  --shade: 0 1px 2px rgb(20 30 50 / 6%), 0 4px 16px rgb(20 30 50 / 4%);
}

@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0e1116;
    --panel: #161b22;
    --line: #262d37;
    --ink: #e8ebf0;
    --soft: #98a2b1;
    --faint: #687282;
    --own: #60a0ff;
    --resident: #566377;
    --load: #f2a33c;
    --good: #3fc27e;
    --warn: #f2a33c;
    --bad: #ff6b76;
    --shade: none;
  }
}

* {
  box-sizing: border-box;
  margin: 0;
}

[hidden] {
  display: none !important;
}

body {
  background: var(--ground);
  color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
  -webkit-text-size-adjust: 100%;
}

button {
  font: inherit;
  color: var(--soft);
  background: none;
  border: 1px solid var(--line);
  border-radius: 8px;
  padding: 4px 12px;
  cursor: pointer;
}

button:hover {
  color: var(--ink);
  border-color: var(--faint);
}

:focus-visible {
  outline: 2px solid var(--own);
  outline-offset: 2px;
}
body {
  display: grid;
  min-height: 100vh;
  padding: 20px;
  place-items: center;
}

form {
  display: grid;
  gap: 10px;
  width: min(340px, 100%);
  padding: 28px;
  background: var(--panel);
  border: 1px solid var(--line);
  border-radius: 14px;
  box-shadow: var(--shade);
}

h1 {
  margin-bottom: 6px;
  font-size: 22px;
  font-weight: 650;
  letter-spacing: -0.02em;
}

label {
  font-size: 13px;
  color: var(--soft);
}

input {
  padding: 8px 10px;
  font: inherit;
  color: inherit;
  background: var(--ground);
  border: 1px solid var(--line);
  border-radius: 8px;
}

button {
  margin-top: 6px;
  padding: 8px;
  color: #ffffff;
  background: #2563eb;
  border-color: transparent;
}

button:hover {
  color: #ffffff;
  background: #1d4fc4;
}

#wrong {
  font-size: 13px;
  color: var(--bad);
}
`;
