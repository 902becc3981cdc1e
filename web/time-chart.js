// <canvas> charts over time that belong together: they share a cross-hair, and a range that is drawn on one of them is
// zoomed to by all. Uses Chart.js, which the page loads as the global `Chart`.

import { chartLook, darkScheme, reducedMotion } from "./chart-look.js";
import { hatched } from "./hatch.js";

// Charts one below the other have their plots below each other: as wide as the widest of their axes has been.
let axisWidth = 58;
const charts = new Set();
let hovered = null;
let brush = null;

for (const query of [darkScheme, reducedMotion]) {
  query.addEventListener("change", () => charts.forEach((chart) => chart.redraw()));
}

/** Without it the figures are in tables. */
export const canDraw = () => typeof Chart !== "undefined";

/**
 * What a chart shows.
 * @typedef {object} TimeSpec
 * @property {Date[]} times in equal steps, where each begins.
 * @property {boolean[]} isRunning the step that begins then is not complete.
 * @property {number} stepMs
 * @property {{label: string, type: "line" | "bar", color: string, values: (number | null)[],
 *   isBefore?: boolean}[]} lines
 *   `color` is the name of a custom property; `isBefore`: the period before, drawn behind.
 * @property {{tick: Function, exact: Function, bounds: object}} axis
 * @property {(time: Date) => string} timeText
 * @property {{from: number, to: number, level: "warn" | "bad"}[]} [bands] of values that are no longer good.
 * @property {{low: (number | null)[], high: (number | null)[]} | null} [expectation] the band that values were expected
 *   in, at each of the times.
 * @property {{time: number, level: "warn" | "bad"}[]} [marks]
 * @property {boolean} [hasTimes] whether the time axis has words; true where nothing is said.
 */

export class TimeChart {
  #canvas;
  #chart = null;
  #shape = "";
  #onZoom;
  /** @type {TimeSpec | null} */
  spec = null;

  /** @param onZoom called with {from, to} in milliseconds; null: there is nothing to zoom. */
  constructor(canvas, onZoom = null) {
    this.#canvas = canvas;
    this.#onZoom = onZoom;
    charts.add(this);
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerleave", () => this.#hover(null));
    if (onZoom) {
      canvas.addEventListener("pointerdown", (event) => this.#press(event));
      canvas.addEventListener("pointerup", () => this.#release());
      canvas.addEventListener("pointercancel", () => this.#cancel());
      canvas.classList.add("zoomable");
    }
  }

  /** @param {TimeSpec} spec */
  draw(spec) {
    this.spec = spec;
    if (!canDraw() || spec.times.length === 0) return;
    const look = chartLook(getComputedStyle(this.#canvas));
    const datasets = spec.lines.map((line) => this.#dataset(line, look));
    const labels = spec.times.map((time) => spec.timeText(time));
    // Colours are read when the chart is made, so a change of theme makes it anew.
    const shape = JSON.stringify([
      look.color("--text"), reducedMotion.matches, spec.lines.map(({ type, isBefore }) => [type, isBefore])]);
    if (this.#chart && shape === this.#shape) {
      this.#chart.data.labels = labels;
      Object.assign(this.#chart.options.scales.y, spec.axis.bounds);
      datasets.forEach((dataset, index) => Object.assign(this.#chart.data.datasets[index], dataset));
      this.#chart.update("none");
      return;
    }
    this.#chart?.destroy();
    this.#shape = shape;
    this.#chart = new Chart(this.#canvas, {
      data: { labels, datasets }, options: this.#options(look), plugins: [this.#overlay(look)],
    });
  }

  redraw() {
    if (this.spec) this.draw(this.spec);
  }

  /** Its canvas is gone. */
  destroy() {
    this.#chart?.destroy();
    charts.delete(this);
  }

  paint() {
    this.#chart?.draw();
  }

  /** Lays it out anew, as wide as the axes of all charts are by now. */
  fit() {
    this.#chart?.update("none");
  }

  #dataset({ label, type, color: name, values, isBefore }, look) {
    const color = look.color(name);
    const isRunning = (index) => this.spec.isRunning[index] === true;
    const isKnown = (value) => Number.isFinite(value);
    // A line is before bars, and behind the line that it is compared with.
    const hasBars = this.spec.lines.some((line) => line.type === "bar");
    const shared = { type, label, data: values, isBefore: isBefore === true, order: isBefore === hasBars ? 0 : 1 };
    if (type === "bar") {
      const hatch = hatched(color, look.color("--surface"));
      return {
        ...shared, borderRadius: 3, borderSkipped: "bottom", categoryPercentage: 0.92, barPercentage: 0.86,
        grouped: false,
        backgroundColor: ({ dataIndex }) => (isRunning(dataIndex) ? hatch : color),
      };
    }
    return {
      ...shared, borderColor: color, backgroundColor: color, borderWidth: isBefore ? 1.5 : 2, tension: 0,
      spanGaps: false,
      // A point without neighbours has no line that would show it.
      pointRadius: ({ dataIndex: index }) =>
        (isKnown(values[index]) && !isKnown(values[index - 1]) && !isKnown(values[index + 1]) ? 2.5 : 0),
      pointHitRadius: 8,
      borderDash: isBefore ? [2, 3] : undefined,
      segment: isBefore ? undefined
        : { borderDash: ({ p1DataIndex: index }) => (isRunning(index) ? [3, 3] : undefined) },
    };
  }

  #options(look) {
    const { axis } = this.spec;
    const options = look.options({
      y: {
        ...axis.bounds, grid: { color: look.color("--border"), drawBorder: false },
        afterFit: (scale) => { scale.width = sharedWidth(scale.width); },
        ticks: { ...look.ticks, maxTicksLimit: 6, precision: axis.isWhole ? 0 : undefined, callback: (value) => this.spec.axis.tick(value) },
      },
    }, {
      boxWidth: 8, boxHeight: 8, boxPadding: 4,
      itemSort: (left, right) => left.dataset.isBefore - right.dataset.isBefore
        || (right.raw ?? -Infinity) - (left.raw ?? -Infinity),
      callbacks: {
        title: ([item]) => (item && this.spec.isRunning[item.dataIndex] ? `${item.label} (not complete)` : item?.label),
        label: (item) => `${item.dataset.label}: ${this.spec.axis.exact(item.raw)}`,
        afterBody: ([item]) => this.#expectedText(item?.dataIndex),
      },
    });
    options.scales.x.offset = true;
    if (this.spec.hasTimes === false) options.scales.x.ticks.display = false;
    return options;
  }

  #overlay(look) {
    return {
      id: "overlay",
      beforeDatasetsDraw: (chart) => {
        this.#paintBands(chart, look);
        this.#paintExpectation(chart, look);
      },
      afterDatasetsDraw: (chart) => this.#paintMarks(chart, look),
    };
  }

  #paintBands({ ctx, chartArea, scales }, look) {
    for (const { from: low, to: high, level } of this.spec.bands ?? []) {
      const top = Math.max(scales.y.getPixelForValue(high), chartArea.top);
      const bottom = Math.min(scales.y.getPixelForValue(low), chartArea.bottom);
      if (top >= bottom) continue;
      ctx.save();
      ctx.fillStyle = look.color(`--${level}-soft`);
      ctx.fillRect(chartArea.left, top, chartArea.width, bottom - top);
      ctx.strokeStyle = look.color(`--${level}`);
      ctx.setLineDash([4, 4]);
      ctx.globalAlpha = 0.6;
      // Its ends within the chart: an end beyond it is no threshold.
      for (const y of [low, high].map((value) => scales.y.getPixelForValue(value))) {
        if (y > chartArea.top && y < chartArea.bottom) ctx.strokeRect(chartArea.left, y, chartArea.width, 0);
      }
      ctx.restore();
    }
  }

  #expectedText(index) {
    const [low, high] = [this.spec.expectation?.low[index], this.spec.expectation?.high[index]];
    return Number.isFinite(low) && Number.isFinite(high)
      ? `Expected: ${this.spec.axis.exact(Math.round(low * 1000) / 1000)} to ${
        this.spec.axis.exact(Math.round(high * 1000) / 1000)}` : [];
  }

  /** A step is as wide as its band, so that one without neighbours is seen, too. */
  #paintExpectation(chart, look) {
    const { low, high } = this.spec.expectation ?? {};
    if (!low) return;
    const { ctx, chartArea, scales } = chart;
    const half = this.#step(chart) / 2;
    ctx.save();
    ctx.beginPath();
    ctx.rect(chartArea.left, chartArea.top, chartArea.width, chartArea.height);
    ctx.clip();
    ctx.fillStyle = look.color("--accent");
    ctx.globalAlpha = 0.16;
    low.forEach((from, index) => {
      if (!Number.isFinite(from) || !Number.isFinite(high[index])) return;
      const x = scales.x.getPixelForValue(index);
      const top = scales.y.getPixelForValue(high[index]);
      ctx.fillRect(x - half, top, 2 * half, Math.max(scales.y.getPixelForValue(from) - top, 1));
    });
    ctx.restore();
  }

  #paintMarks(chart, look) {
    const { ctx, chartArea } = chart;
    ctx.save();
    for (const { time, level } of this.spec.marks ?? []) {
      const x = this.#pixel(chart, time);
      if (x === null) continue;
      ctx.strokeStyle = ctx.fillStyle = look.color(`--${level}`);
      ctx.globalAlpha = 0.75;
      stroke(ctx, x, chartArea);
      ctx.globalAlpha = 1;
      ctx.beginPath();
      ctx.moveTo(x - 5, chartArea.top - 1);
      ctx.lineTo(x + 5, chartArea.top - 1);
      ctx.lineTo(x, chartArea.top + 6);
      ctx.fill();
    }
    if (brush) {
      const [from, to] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
      const [left, right] = [this.#pixel(chart, from), this.#pixel(chart, to)];
      if (left !== null && right !== null) {
        ctx.fillStyle = look.color("--accent");
        ctx.globalAlpha = 0.18;
        ctx.fillRect(left - this.#step(chart) / 2, chartArea.top, right - left + this.#step(chart), chartArea.height);
      }
    } else if (hovered !== null) {
      const x = this.#pixel(chart, hovered);
      if (x !== null) {
        ctx.globalAlpha = 0.7;
        ctx.strokeStyle = look.color("--text-muted");
        stroke(ctx, x, chartArea);
      }
    }
    ctx.restore();
  }

  // The middle of the step that holds the time; null: none of this chart does.
  #pixel({ scales }, time) {
    const { times, stepMs } = this.spec;
    const index = times.findLastIndex((each) => each.getTime() <= time);
    if (index < 0 || time >= times[index].getTime() + stepMs) return null;
    return scales.x.getPixelForValue(index);
  }

  #step({ scales, chartArea }) {
    return this.spec.times.length > 1 ? scales.x.getPixelForValue(1) - scales.x.getPixelForValue(0) : chartArea.width;
  }

  #timeAt(event) {
    if (!this.#chart?.scales?.x) return null;
    const x = event.clientX - this.#canvas.getBoundingClientRect().left;
    const index = this.#chart.scales.x.getValueForPixel(x);
    return this.spec.times[Math.min(Math.max(index, 0), this.spec.times.length - 1)]?.getTime() ?? null;
  }

  #move(event) {
    const time = this.#timeAt(event);
    if (brush?.chart === this && time !== null) brush.to = time;
    this.#hover(time);
  }

  #hover(time) {
    if (time === hovered && !brush) return;
    hovered = time;
    for (const chart of charts) chart.paint();
  }

  #press(event) {
    // A finger scrolls the page.
    if (event.button !== 0 || event.pointerType === "touch") return;
    const time = this.#timeAt(event);
    if (time === null) return;
    brush = { chart: this, from: time, to: time };
    this.#canvas.setPointerCapture(event.pointerId);
  }

  #release() {
    if (brush?.chart !== this) return;
    const [from, to] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
    this.#cancel();
    if (from < to) this.#onZoom({ from, to: to + this.spec.stepMs });
  }

  #cancel() {
    brush = null;
    for (const chart of charts) chart.paint();
  }
}

/** The line of the period before; none where it is not known. @param {(number | null)[] | null} values */
export const beforeLine = (values, label = "Before") =>
  (values ? [{ label, type: "line", color: "--text-muted", values, isBefore: true }] : []);

function sharedWidth(needed) {
  if (needed > axisWidth) {
    axisWidth = Math.ceil(needed);
    requestAnimationFrame(() => charts.forEach((chart) => chart.fit()));
  }
  return axisWidth;
}

function stroke(ctx, x, { top, bottom }) {
  ctx.lineWidth = 1;
  ctx.beginPath();
  ctx.moveTo(x, top);
  ctx.lineTo(x, bottom);
  ctx.stroke();
}
