// <measure-charts>: of one key every result over time, each in a chart of its own on the same time axis, with the
// period before behind, a mark for each alert, and the band of what was expected.

import { marksOf } from "../grouping.js";
import { Figures } from "../data-table.js";
import { changeView, element, updateKeyed } from "../dom.js";
import { stepOfView } from "../explore-view.js";
import { bandAt } from "../forecast.js";
import { formatRange, timeFormatOf } from "../format.js";
import { bandsOf, boundsOf, chartOf, exactFormatOf, isAdditive, labelOf, tickFormatOf } from "../measures.js";
import { minutesIn } from "../range.js";
import { shiftedTo, timelineOf } from "../series.js";
import { TimeChart, beforeLine, canDraw } from "../time-chart.js";
import { DataPanel } from "./data-panel.js";

const COLORS = 6;

class MeasureCharts extends DataPanel {
  heading = "Results over time";
  emptyText = "Nothing in this range";
  emptyHint = "The charts fill as events arrive. Choose a longer range, or take a filter away.";
  #plots = element("div", { class: "plots" });
  #figures = new Figures("Figures of the charts");
  #charts = new Map();
  #view = null;
  #answer = null;
  #before = null;
  #alerts = [];
  #predictions = null;
  #drawn = "";

  build() {
    this.#figures.node.addEventListener("toggle", () => this.#draw(true));
    return element("div", {}, this.#plots, this.#figures.node);
  }

  prepare(view) {
    this.#view = view;
    this.#drawn = "";
    this.#answer = this.#before = this.#predictions = null;
    this.markLoading(view.name);
  }

  subtitle({ view }) {
    return formatRange(view.range);
  }

  render(answer) {
    this.#answer = answer;
    this.#draw();
  }

  receiveBefore(answer) {
    this.#before = answer;
    this.#draw();
  }

  /** @param alerts of this key. */
  receiveAlerts(alerts) {
    this.#alerts = alerts;
    this.#draw();
  }

  /** @param {{data: object[]}} answer what was expected of this key's windows. */
  receivePredictions({ data }) {
    this.#predictions = data;
    this.#draw();
  }

  #draw(isForced = false) {
    if (!this.#answer || !this.#view || this.#answer.data.length === 0) return;
    const { measures, range, relation } = this.#view;
    const stepMs = 1000 * Math.max(stepOfView(this.#view)[1], relation.window_seconds ?? 1);
    const { times, isRunning, rows } = timelineOf(this.#answer.data, stepMs, this.#answer.complete_until);
    const before = this.#before ? shiftedTo(times, this.#before.data, minutesIn(range) * 60_000) : null;
    const marks = marksOf(this.#alerts);
    const expectations = measures.map((column) => bandAt(this.#predictions, column, times));
    const fingerprint = JSON.stringify(
      [measures.map(({ name }) => name), times, rows, before, isRunning, marks, expectations]);
    if (fingerprint === this.#drawn && !isForced) return;
    this.#drawn = fingerprint;
    const valueOf = (column) => (row) =>
      (Number.isFinite(row?.[column.name]) ? row[column.name] : row === null && isAdditive(column) ? 0 : null);
    const known = (column) => (row) => (Number.isFinite(row?.[column.name]) ? row[column.name] : null);
    this.#fillTable({ measures, times, isRunning, rows, expectations });
    if (!canDraw()) {
      this.#plots.hidden = true;
      this.#figures.node.open = true;
      return;
    }
    const keyOf = (column) => `${relation.name} ${column.name}`;
    updateKeyed(this.#plots, measures, keyOf, makePlot, (plot, column, index) => {
      plot.querySelector("h3").textContent = labelOf(column);
      const canvas = plot.querySelector("canvas");
      const format = exactFormatOf(column);
      const values = rows.map(valueOf(column));
      const finite = values.filter(Number.isFinite);
      canvas.setAttribute("aria-label", `${labelOf(column)} over time, ${formatRange(range)}: `
        + (finite.length === 0 ? "unknown" : `${format(Math.min(...finite))} to ${format(Math.max(...finite))}`));
      if (!this.#charts.has(canvas)) {
        this.#charts.set(canvas, new TimeChart(canvas, (zoomed) => changeView(this, { range: zoomed })));
      }
      const earlier = before?.map(known(column));
      const expectation = expectations[index];
      showLegend(plot.querySelector(".legend"), expectation);
      this.#charts.get(canvas).draw({
        times, isRunning, stepMs, marks, timeText: timeFormatOf(times),
        lines: [
          { label: labelOf(column), type: chartOf(column), values,
            color: chartOf(column) === "bar" ? "--chart-bar" : `--series-${(index % COLORS) + 1}` },
          ...beforeLine(earlier),
        ],
        bands: bandsOf(column), expectation,
        axis: {
          tick: tickFormatOf(column), exact: format,
          bounds: withExpectation(boundsOf(column, [values, earlier ?? []]), column, expectation),
        },
      });
    });
    for (const [canvas, chart] of this.#charts) {
      if (canvas.isConnected) continue;
      chart.destroy();
      this.#charts.delete(canvas);
    }
  }

  #fillTable({ measures, times, isRunning, rows, expectations }) {
    const titles = measures.flatMap((column, index) =>
      (expectations[index] ? [labelOf(column), `${labelOf(column)}, expected`] : [labelOf(column)]));
    this.#figures.fill({ times, isRunning }, titles, (row) => measures.flatMap((column, index) => {
      const format = exactFormatOf(column);
      const value = format(rows[row]?.[column.name]);
      const expectation = expectations[index];
      if (!expectation) return [value];
      const [low, high] = [expectation.low[row], expectation.high[row]].map(rounded(column));
      return [value, low === null || high === null ? "—" : `${format(low)} to ${format(high)}`];
    }));
  }
}

/** Nobody expects a part of a thing that is counted. */
const rounded = (column) => (value) => (value !== null && column.role === "count" ? Math.round(value) : value);

/** The axis reaches to the end of the band, but one that nothing is known of yet must not make the values flat. */
function withExpectation(bounds, column, expectation) {
  const highest = Math.max(...(expectation?.high ?? []).filter(Number.isFinite));
  if (!Number.isFinite(highest) || bounds.max !== undefined) return bounds;
  return { ...bounds, suggestedMax: Math.max(highest, bounds.suggestedMax ?? highest) };
}

function showLegend(legend, expectation) {
  legend.hidden = expectation === null;
  if (expectation === null) return;
  legend.replaceChildren(element("li", {}, element("span", { class: "swatch swatch-expected", "aria-hidden": "true" }),
    `Expected ${expectation.label} before: 19 of 20 values lie in it`));
}

const makePlot = () => element("section", { class: "plot" }, element("h3", { class: "plot-title" }),
  element("div", { class: "chart-frame" }, element("canvas", { role: "img" })),
  element("ul", { class: "legend", "aria-label": "Legend", hidden: "" }));

customElements.define("measure-charts", MeasureCharts);
