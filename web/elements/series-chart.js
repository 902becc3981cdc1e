// <series-chart>: the chosen result over time, a line for each of the leading groups, and the same figures as a table.
// Uses Chart.js, which the page loads as the global `Chart`. What is not complete yet is dashed.

import { chartLook, darkScheme, reducedMotion } from "../chart-look.js";
import { element, updateKeyed } from "../dom.js";
import { stepOf } from "../explore-view.js";
import { formatClock, formatDay, formatDayAndMinute, formatMinute, formatMinutesBack } from "../format.js";
import { exactFormatOf, isAdditive, keyText, labelOf, tickFormatOf } from "../measures.js";
import { seriesOf } from "../series.js";
import { DataPanel } from "./data-panel.js";

const MAX_LINES = 6;
const DAY_MS = 86_400_000;

class SeriesChart extends DataPanel {
  heading = "Over time";
  emptyText = "Nothing in this range";
  emptyHint = "The chart fills as events arrive. Choose a longer range, or take a filter away.";
  #canvas = element("canvas", { role: "img" });
  #legend = element("ul", { class: "legend", "aria-label": "Lines" });
  // Where there are no cards to choose a result by.
  #measures = element("div", { class: "choices", role: "group", "aria-label": "Result" });
  #table = element("table", { class: "data" });
  #figures = element("details", {}, element("summary", {}, "Show the figures"),
    element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Figures of the chart" },
      this.#table));
  #chart = null;
  #series = { times: [], isRunning: [], lines: [] };
  #view = null;
  // Of each group, so that a line keeps its colour while others come and go.
  #colors = new Map();
  #drawn = "";
  #kind = "";
  #theme = "";

  build() {
    darkScheme.addEventListener("change", () => this.#redraw());
    reducedMotion.addEventListener("change", () => this.#redraw());
    this.#figures.addEventListener("toggle", () => this.#fillTable());
    return element("div", { class: "chart-body" },
      element("div", { class: "chart-frame" }, this.#canvas), this.#legend, this.#figures);
  }

  headExtras() {
    return [this.#measures];
  }

  prepare(view) {
    this.#view = view;
    this.#drawn = "";
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
    return `${view.by ? `by ${view.by}, ` : ""}${formatMinutesBack(view.minutes)}`;
  }

  render({ data, complete_until: completeUntil }) {
    const { relation, measure, by, minutes } = this.#view;
    const series = seriesOf(data, {
      time: relation.time, measure: measure.name, by, isAdditive: isAdditive(measure), maxLines: MAX_LINES,
      stepMs: 1000 * Math.max(stepOf(this.#view)[1], relation.window_seconds ?? 1), completeUntil,
    });
    const fingerprint = JSON.stringify(series);
    if (series.times.length === 0 || fingerprint === this.#drawn) return;
    this.#drawn = fingerprint;
    this.#series = series;
    this.#color(series.lines);
    this.#canvas.setAttribute("aria-label", describe(series, measure, by, minutes));
    this.#fillTable();
    this.#fillLegend();
    if (typeof Chart === "undefined") {
      // The file of the distribution's package is missing: the table says it all.
      this.#canvas.parentElement.hidden = true;
      this.#figures.open = true;
      return;
    }
    this.#redraw();
  }

  #makeChoice() {
    const button = element("button", { type: "button", class: "filter" });
    button.addEventListener("click", () =>
      this.dispatchEvent(new CustomEvent("view-change", { bubbles: true, detail: { measure: button.measure } })));
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

  // Colours are read when the chart is made, so a change of theme makes it anew; lines come and go.
  #redraw() {
    if (this.#series.times.length === 0 || typeof Chart === "undefined") return;
    const style = getComputedStyle(this);
    const datasets = this.#series.lines.map((line) => this.#dataset(line, style));
    const labels = this.#series.times.map((time) => this.#timeText(time));
    if (this.#chart?.canvas && this.#chart.data.datasets.length === datasets.length && this.#theme === theme()
      && this.#chart.measure === this.#view.measure) {
      this.#chart.data.labels = labels;
      Object.assign(this.#chart.options.scales.y, boundsOf(this.#view.measure, this.#series));
      datasets.forEach((dataset, index) => Object.assign(this.#chart.data.datasets[index], dataset));
      this.#chart.update("none");
      return;
    }
    this.#chart?.destroy();
    this.#theme = theme();
    this.#chart = new Chart(this.#canvas, {
      type: "line", data: { labels, datasets }, options: options(style, this.#view.measure, () => this.#series),
    });
    this.#chart.measure = this.#view.measure;
  }

  #dataset({ key, values }, style) {
    const color = style.getPropertyValue(`--series-${this.#colors.get(JSON.stringify(key)) + 1}`).trim();
    return {
      label: this.#view.by ? keyText(key) : labelOf(this.#view.measure), data: values, borderColor: color,
      backgroundColor: color, borderWidth: 2, tension: 0, spanGaps: false,
      // A point without neighbours has no line that would show it.
      pointRadius: ({ dataIndex: index }) =>
        (isKnown(values[index]) && !isKnown(values[index - 1]) && !isKnown(values[index + 1]) ? 2.5 : 0),
      pointHitRadius: 8,
      segment: { borderDash: ({ p1DataIndex: index }) => (this.#series.isRunning[index] ? [3, 3] : undefined) },
    };
  }

  // As much of a time as tells the points apart.
  #timeText(time) {
    const { times } = this.#series;
    const isEach = (length) => times.every((each) => each.getTime() % length === 0);
    if (times.at(-1) - times[0] > DAY_MS) {
      return times.every((each) => each.getHours() + each.getMinutes() === 0) ? formatDay(time)
        : formatDayAndMinute(time);
    }
    return isEach(60_000) ? formatMinute(time) : formatClock(time);
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
    if (!this.#figures.open) return;
    const { measure, by } = this.#view;
    const { times, lines, isRunning } = this.#series;
    const format = exactFormatOf(measure);
    const names = lines.map(({ key }) => (by ? keyText(key) : labelOf(measure)));
    this.#table.replaceChildren(
      element("caption", { class: "visually-hidden" }, this.#canvas.getAttribute("aria-label") ?? ""),
      element("thead", {}, element("tr", {}, ...["From", ...names].map((name, index) =>
        element("th", index > 0 ? { scope: "col", class: "number" } : { scope: "col" }, name)))),
      element("tbody", {}, ...times.map((time, row) => element("tr", {},
        element("th", { scope: "row" }, this.#timeText(time), isRunning[row] ? " (not complete)" : ""),
        ...lines.map(({ values }) => element("td", { class: "number" }, format(values[row]))))).reverse()));
  }
}

const isKnown = (value) => Number.isFinite(value);

const theme = () => `${darkScheme.matches} ${reducedMotion.matches}`;

function describe({ times, lines }, measure, by, minutes) {
  const format = exactFormatOf(measure);
  const parts = lines.map(({ key, values }) => {
    const known = values.filter(isKnown);
    const range = known.length === 0 ? "unknown"
      : `${format(Math.min(...known))} to ${format(Math.max(...known))}`;
    return by ? `${keyText(key)}: ${range}` : range;
  });
  return `${labelOf(measure)} over the ${formatMinutesBack(minutes)}, ${times.length} points. ${parts.join("; ")}.`;
}

function options(style, measure, seriesOfNow) {
  const look = chartLook(style);
  const isRunning = (index) => seriesOfNow().isRunning[index] === true;
  return look.options({
    y: {
      ...boundsOf(measure, seriesOfNow()), grid: { color: look.color("--border"), drawBorder: false },
      ticks: { ...look.ticks, maxTicksLimit: 6, callback: (value) => tickFormatOf(measure)(value) },
    },
  }, {
    boxWidth: 8, boxHeight: 8, boxPadding: 4,
    itemSort: (left, right) => (right.raw ?? -Infinity) - (left.raw ?? -Infinity),
    callbacks: {
      title: ([item]) => (item && isRunning(item.dataIndex) ? `${item.label} (not complete)` : item?.label),
      label: (item) => `${item.dataset.label}: ${exactFormatOf(measure)(item.raw)}`,
    },
  });
}

// An axis that begins at nothing, so that a change looks as large as it is; high shares differ near the top alone.
function boundsOf(measure, { lines }) {
  if (measure.role !== "share") return { beginAtZero: true };
  const known = lines.flatMap(({ values }) => values).filter(isKnown);
  const [low, high] = [Math.min(1, ...known), Math.max(0, ...known)];
  return low > 0.5
    ? { min: undefined, suggestedMin: 0.8, max: 1, suggestedMax: undefined }
    : { min: 0, suggestedMin: undefined, max: undefined, suggestedMax: high > 0.9 ? 1 : Math.max(0.05, high) };
}

customElements.define("series-chart", SeriesChart);
