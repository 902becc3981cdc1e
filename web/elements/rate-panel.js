// <rate-panel metric label axis>: one figure of the pipeline since the page was opened, a line for each stream.

import { element } from "../dom.js";
import { formatClock, formatDuration, formatNumber } from "../format.js";
import { TimeChart, canDraw } from "../time-chart.js";
import { DataPanel } from "./data-panel.js";

const STEP_MS = 2000;
/** Of a count: so that its axis has whole numbers. */
const LEAST_TOP = 5;

class RatePanel extends DataPanel {
  skeletonRows = 4;
  emptyText = "Nothing is known yet";
  emptyHint = "It takes two readings; a server without a processor has none.";
  #canvas = element("canvas", { role: "img" });
  #now = element("data", { class: "stat-value" });
  #chart = null;

  connectedCallback() {
    this.heading = this.getAttribute("label");
    super.connectedCallback();
  }

  build() {
    this.#chart = new TimeChart(this.#canvas);
    return element("div", {}, this.#now, element("div", { class: "chart-frame" }, this.#canvas));
  }

  subtitle() {
    return "since this page was opened";
  }

  isEmpty(samples) {
    return !samples.some(({ figures }) => this.#valuesOf(figures).some(Number.isFinite));
  }

  render(samples) {
    if (this.isEmpty(samples)) return;
    const metric = this.getAttribute("metric");
    const isDuration = this.getAttribute("axis") === "duration";
    const format = isDuration ? formatSeconds : formatNumber;
    const streams = Object.keys(samples.at(-1).figures[metric]);
    const known = this.#valuesOf(samples.at(-1).figures).filter(Number.isFinite);
    // Numbers of several streams add up; of times the longest is what matters.
    const shown = isDuration ? Math.max(...known) : known.reduce((sum, value) => sum + value, 0);
    this.#now.textContent = known.length === 0 ? "—" : format(shown);
    this.#canvas.setAttribute("aria-label", `${this.heading}: ${this.#now.textContent} now`);
    if (!canDraw()) return;
    this.#chart.draw({
      times: samples.map(({ at }) => new Date(at)), isRunning: samples.map(() => false), stepMs: STEP_MS,
      timeText: formatClock,
      lines: streams.map((stream, index) => ({
        label: stream === "all" ? this.heading : stream, type: "line", color: `--series-${(index % 6) + 1}`,
        values: samples.map(({ figures }) => figures[metric][stream] ?? null),
      })),
      axis: {
        tick: format, exact: format, isWhole: !isDuration,
        bounds: { beginAtZero: true, suggestedMax: isDuration ? undefined : LEAST_TOP },
      },
    });
  }

  #valuesOf(figures) {
    return Object.values(figures[this.getAttribute("metric")]);
  }
}

/** Milliseconds where it is less than a second. */
const formatSeconds = (value) =>
  (value < 1 ? `${formatNumber(Math.round(value * 10_000) / 10)} ms` : formatDuration(value));

customElements.define("rate-panel", RatePanel);
