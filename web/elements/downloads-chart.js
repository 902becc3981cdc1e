// <downloads-chart>: downloads per minute as bars and the success rate as a line, in two plots on one time axis, with
// the period before behind, bands where a rate is no longer good, and a mark for each alert. Drawing a range zooms to
// it.

import { marksOf } from "../grouping.js";
import { Figures } from "../data-table.js";
import { changeView, element } from "../dom.js";
import { DEGRADED_FROM, HEALTHY_FROM, figuresOf } from "../downloads.js";
import { formatCount, formatExact, formatRange, formatRate, formatRateTick, timeFormatOf } from "../format.js";
import { dimensionOf, shiftOf, stepOfView } from "../overview-view.js";
import { shiftedTo, timelineOf } from "../series.js";
import { TimeChart, beforeLine, canDraw } from "../time-chart.js";
import { DataPanel } from "./data-panel.js";

class DownloadsChart extends DataPanel {
  heading = "Downloads per minute";
  emptyText = "No downloads in this range";
  emptyHint = "The chart fills as events arrive in Kafka.";
  #volume = element("canvas", { role: "img" });
  #rate = element("canvas", { role: "img" });
  #charts = [];
  #legend = element("ul", { class: "legend", "aria-hidden": "true" },
    element("li", { class: "legend-downloads" }, "Downloads"),
    element("li", { class: "legend-running" }, "Not complete yet"),
    element("li", { class: "legend-rate" }, "Success rate"),
    element("li", { class: "legend-before", hidden: "" }, "Period before"),
    element("li", { class: "legend-alert", hidden: "" }, "Alert"));
  #figures = new Figures("Figures of the chart");
  #view = null;
  #answer = null;
  #before = null;
  #alerts = [];
  #drawn = "";

  build() {
    const zoom = (range) => changeView(this, { range });
    this.#charts = [new TimeChart(this.#volume, zoom), new TimeChart(this.#rate, zoom)];
    this.#figures.node.addEventListener("toggle", () => this.#draw(true));
    return element("div", { class: "chart-body" },
      element("div", { class: "chart-frame volume" }, this.#volume),
      element("h3", { class: "plot-title" }, "Success rate"),
      element("div", { class: "chart-frame rate" }, this.#rate), this.#legend, this.#figures.node);
  }

  prepare(view, isNew) {
    this.#view = view;
    this.#drawn = "";
    if (isNew) {
      this.#before = null;
      this.markLoading("chart");
    } else {
      if (!view.isCompared) this.#before = null;
      this.#draw();
    }
  }

  subtitle() {
    return formatRange(this.#view.range);
  }

  isEmpty({ data }) {
    return !data.some((row) => figuresOf(row, dimensionOf(this.#view)).downloads > 0);
  }

  render(answer) {
    this.#answer = answer;
    this.#draw();
  }

  receiveBefore(answer) {
    this.#before = answer;
    this.#draw();
  }

  /** @param alerts of what is shown. */
  receiveAlerts(alerts) {
    this.#alerts = alerts;
    this.#draw();
  }

  #draw(isForced = false) {
    if (!this.#answer || !this.#view || this.isEmpty(this.#answer)) return;
    const course = this.#course();
    const fingerprint = JSON.stringify(course);
    if (fingerprint === this.#drawn && !isForced) return;
    this.#drawn = fingerprint;
    const label = describe(course, this.#view.range);
    this.#volume.setAttribute("aria-label", label);
    this.#rate.setAttribute("aria-label", "Success rate over time; the figures are below.");
    this.#legend.querySelector(".legend-before").hidden = !course.before;
    this.#legend.querySelector(".legend-alert").hidden = course.marks.length === 0;
    if (!canDraw()) {
      // The file of the distribution's package is missing: the table says it all.
      for (const canvas of [this.#volume, this.#rate]) canvas.parentElement.hidden = true;
      this.#figures.node.open = true;
    }
    this.#fillTable(course);
    const { times, isRunning, stepMs, marks } = course;
    const shared = { times, isRunning, stepMs, marks, timeText: timeFormatOf(times) };
    this.#charts[0].draw({
      ...shared, hasTimes: false,
      lines: [
        { label: "Downloads a minute", type: "bar", color: "--chart-bar", values: course.perMinute },
        ...beforeLine(course.before?.perMinute),
      ],
      axis: { tick: formatCount, exact: formatExact, bounds: { beginAtZero: true } },
    });
    this.#charts[1].draw({
      ...shared,
      lines: [
        { label: "Success rate", type: "line", color: "--good", values: course.rates },
        ...beforeLine(course.before?.rates),
      ],
      axis: { tick: formatRateTick, exact: formatRate, bounds: rateBounds(course) },
      bands: [{ from: DEGRADED_FROM, to: HEALTHY_FROM, level: "warn" }, { from: 0, to: DEGRADED_FROM, level: "bad" }],
    });
  }

  #course() {
    const dimension = dimensionOf(this.#view);
    const stepMs = stepOfView(this.#view)[1] * 1000;
    const minutes = stepMs / 60_000;
    const { times, isRunning, rows } = timelineOf(this.#answer.data, stepMs, this.#answer.complete_until);
    const perMinute = (row) => figuresOf(row, dimension).downloads / minutes;
    const rate = (row) => figuresOf(row, dimension).successRate;
    const before = this.#before ? shiftedTo(times, this.#before.data, shiftOf(this.#view)) : null;
    const [first, last] = [times[0]?.getTime(), times.at(-1)?.getTime() + stepMs];
    return {
      times, isRunning, stepMs, perMinute: rows.map(perMinute), rates: rows.map(rate),
      before: before && {
        perMinute: before.map((row) => (row ? perMinute(row) : null)),
        rates: before.map((row) => (row ? rate(row) : null)),
      },
      marks: marksOf(this.#alerts).filter(({ time }) => time >= first && time < last),
    };
  }

  #fillTable({ times, isRunning, perMinute, rates, before, marks, stepMs }) {
    const names = ["Downloads a minute", "Success rate", ...(before ? ["Before", "Rate before"] : []), "Alerts"];
    const isIn = (time, from) => time >= from && time < from + stepMs;
    this.#figures.fill({ times, isRunning }, names, (row) => [
      formatExact(perMinute[row]), formatRate(rates[row]),
      ...(before ? [formatExact(before.perMinute[row]), formatRate(before.rates[row])] : []),
      marks.filter(({ time }) => isIn(time, times[row].getTime())).length || "",
    ], this.#volume.getAttribute("aria-label"));
  }
}

function describe({ times, perMinute, isRunning, stepMs }, range) {
  const minutes = stepMs / 60_000;
  const total = perMinute.reduce((sum, value, index) => sum + (isRunning[index] ? 0 : value * minutes), 0);
  const peak = perMinute.reduce((best, value, index) => (value > perMinute[best] ? index : best), 0);
  return `${formatExact(total)} downloads, ${formatRange(range)}, `
    + `at most ${formatExact(perMinute[peak])} a minute, at ${timeFormatOf(times)(times[peak])}.`;
}

// High rates differ near the top alone; the axis begins where the bands can be seen, or lower where a value is.
function rateBounds({ rates, before }) {
  const known = [...rates, ...(before?.rates ?? [])].filter(Number.isFinite);
  const low = Math.min(0.85, ...known);
  return { min: Math.max(0, Math.floor(low * 20) / 20), max: 1 };
}

customElements.define("downloads-chart", DownloadsChart);
