// <series-chart>: the chosen result over time, a line for each of the leading groups, the period before behind a single
// one, and the same figures as a table. What is not complete yet is dashed. Drawing a range zooms to it.

import { Figures } from "../data-table.js";
import { changeView, element, updateKeyed } from "../dom.js";
import { stepOfView } from "../explore-view.js";
import { formatRange, timeFormatOf } from "../format.js";
import {
  bandsOf, boundsOf, exactFormatOf, isAdditive, keyText, labelOf, tickFormatOf,
} from "../measures.js";
import { minutesIn } from "../range.js";
import { seriesOf, shiftedTo } from "../series.js";
import { TimeChart, beforeLine, canDraw } from "../time-chart.js";
import { DataPanel } from "./data-panel.js";

const MAX_LINES = 6;

class SeriesChart extends DataPanel {
  heading = "Over time";
  emptyText = "Nothing in this range";
  emptyHint = "The chart fills as events arrive. Choose a longer range, or take a filter away.";
  #canvas = element("canvas", { role: "img" });
  #legend = element("ul", { class: "legend", "aria-label": "Lines" });
  // Where there are no cards to choose a result by.
  #measures = element("div", { class: "choices", role: "group", "aria-label": "Result" });
  #figures = new Figures("Figures of the chart");
  #chart = null;
  #series = { times: [], isRunning: [], lines: [] };
  #view = null;
  // Of each group, so that a line keeps its colour while others come and go.
  #colors = new Map();
  #drawn = "";
  #kind = "";
  #answer = null;
  #before = null;

  build() {
    this.#chart = new TimeChart(this.#canvas, (range) =>
      changeView(this, { range }));
    this.#figures.node.addEventListener("toggle", () => this.#fillTable());
    return element("div", { class: "chart-body" },
      element("div", { class: "chart-frame" }, this.#canvas), this.#legend, this.#figures.node);
  }

  headExtras() {
    return [this.#measures];
  }

  prepare(view) {
    this.#view = view;
    this.#drawn = "";
    this.#answer = this.#before = null;
    const kind = `${view.name} ${view.by} ${view.measure?.name}`;
    if (kind !== this.#kind) this.#colors.clear();
    this.#kind = kind;
    this.markLoading(kind);
    this.#measures.hidden = view.relation.rolls_up || view.measures.length < 2;
    updateKeyed(this.#measures, view.measures, (column) => column.name, () => this.#makeChoice(), (button, column) => {
      button.textContent = labelOf(column);
      button.setAttribute("aria-pressed", String(column === view.measure));
      button.measure = column;
    });
    if (view.measure) this.setHeading(`${labelOf(view.measure)} over time`);
  }

  subtitle({ view }) {
    return `${view.by ? `by ${view.by}, ` : ""}${formatRange(view.range)}`;
  }

  render(answer) {
    this.#answer = answer;
    this.#draw();
  }

  receiveBefore(answer) {
    this.#before = answer;
    this.#draw();
  }

  #draw() {
    if (!this.#answer || !this.#view?.measure) return;
    const { relation, measure, by, range } = this.#view;
    const series = seriesOf(this.#answer.data, {
      time: relation.time, measure: measure.name, by, isAdditive: isAdditive(measure), maxLines: MAX_LINES,
      stepMs: this.#stepMs, completeUntil: this.#answer.complete_until,
    });
    series.before = this.#before && !by ? shiftedTo(series.times, this.#before.data, minutesIn(range) * 60_000)
      .map((row) => (Number.isFinite(row?.[measure.name]) ? row[measure.name] : null)) : null;
    const fingerprint = JSON.stringify(series);
    if (series.times.length === 0 || fingerprint === this.#drawn) return;
    this.#drawn = fingerprint;
    this.#series = series;
    this.#color(series.lines);
    this.#canvas.setAttribute("aria-label", describe(series, measure, by, range));
    if (!canDraw()) {
      // The file of the distribution's package is missing: the table says it all.
      this.#canvas.parentElement.hidden = true;
      this.#figures.node.open = true;
    }
    this.#fillTable();
    this.#fillLegend();
    const colorOf = (key) => `--series-${this.#colors.get(JSON.stringify(key)) + 1}`;
    this.#chart.draw({
      times: series.times, isRunning: series.isRunning, stepMs: this.#stepMs, timeText: timeFormatOf(series.times),
      lines: [
        ...series.lines.map(({ key, values }) => ({
          label: by ? keyText(key) : labelOf(measure), color: colorOf(key), values,
          // Bars of several groups would cover each other.
          type: by ? "line" : measure.chart ?? "line",
        })),
        ...beforeLine(series.before),
      ],
      bands: bandsOf(measure),
      axis: {
        tick: tickFormatOf(measure), exact: exactFormatOf(measure),
        bounds: boundsOf(measure, [...series.lines.map(({ values }) => values), series.before ?? []]),
      },
    });
  }

  get #stepMs() {
    return 1000 * Math.max(stepOfView(this.#view)[1], this.#view.relation.window_seconds ?? 1);
  }

  #makeChoice() {
    const button = element("button", { type: "button", class: "filter" });
    button.addEventListener("click", () =>
      changeView(this, { measure: button.measure }));
    return button;
  }

  #color(lines) {
    const names = new Set(lines.map(({ key }) => JSON.stringify(key)));
    for (const name of [...this.#colors.keys()].filter((each) => !names.has(each))) this.#colors.delete(name);
    for (const { key } of lines) {
      const name = JSON.stringify(key);
      if (this.#colors.has(name)) continue;
      const used = new Set(this.#colors.values());
      const free = Array.from({ length: MAX_LINES }, (_, index) => index).find((index) => !used.has(index)) ?? 0;
      this.#colors.set(name, free);
    }
  }

  #fillLegend() {
    this.#legend.hidden = !this.#view.by;
    this.#legend.replaceChildren(...this.#series.lines.map(({ key }) => {
      const mark = element("span", {
        class: `swatch swatch-${this.#colors.get(JSON.stringify(key)) + 1}`, "aria-hidden": "true",
      });
      return element("li", {}, mark, keyText(key));
    }));
  }

  #fillTable() {
    const { measure, by } = this.#view;
    const { lines } = this.#series;
    const format = exactFormatOf(measure);
    const names = lines.map(({ key }) => (by ? keyText(key) : labelOf(measure)));
    this.#figures.fill(this.#series, names, (row) => lines.map(({ values }) => format(values[row])),
      this.#canvas.getAttribute("aria-label") ?? "");
  }
}

const isKnown = (value) => Number.isFinite(value);

function describe({ times, lines }, measure, by, range) {
  const format = exactFormatOf(measure);
  const parts = lines.map(({ key, values }) => {
    const known = values.filter(isKnown);
    const range = known.length === 0 ? "unknown"
      : `${format(Math.min(...known))} to ${format(Math.max(...known))}`;
    return by ? `${keyText(key)}: ${range}` : range;
  });
  return `${labelOf(measure)} over time, ${formatRange(range)}, ${times.length} points. ${parts.join("; ")}.`;
}

customElements.define("series-chart", SeriesChart);
