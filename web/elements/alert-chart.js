// <alert-chart>: what the leading alert of a group is about, over time: the metric of its key before, meanwhile and
// after, the thresholds as bands, and a mark for each window.

import { filtersOf, marksOf, readable, timeOf } from "../grouping.js";
import { request, rowsOf } from "../api.js";
import { element } from "../dom.js";
import { metricOf } from "../downloads.js";
import { filterQuery } from "../explore-view.js";
import { formatNumber, formatRate, formatRateTick, timeFormatOf } from "../format.js";
import { rangeQuery, stepOf } from "../range.js";
import { timelineOf } from "../series.js";
import { TimeChart, beforeLine, canDraw } from "../time-chart.js";
import { isShare } from "./alert-group.js";

const MARGIN_MS = 30 * 60_000;

class AlertChart extends HTMLElement {
  #canvas = element("canvas", { role: "img" });
  #chart = null;
  #abort = new AbortController();

  connectedCallback() {
    this.hidden = !canDraw();
    this.replaceChildren(element("div", { class: "chart-frame" }, this.#canvas));
    this.#chart ??= new TimeChart(this.#canvas);
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.#chart?.destroy();
    this.#chart = null;
  }

  /** @param relation that the alert watches; without it the alerts' own values are all that is known. */
  async show(group, relation) {
    if (!canDraw()) return;
    this.#abort.abort();
    this.#abort = new AbortController();
    const { signal } = this.#abort;
    const own = group.series.map(({ window_start, metric_value: value }) => ({ window_start, value }));
    this.#draw(group, own, 60_000);
    const measure = metricOf(group.lead.metric_name, relation);
    if (!measure) return;
    const range = { from: group.firstTime - MARGIN_MS, to: group.lastTime + MARGIN_MS };
    const [step, seconds] = stepOf(range, relation.window_seconds ?? 60);
    const query = {
      ...rangeQuery(range), ...filterQuery({ filters: filtersOf(group.lead) }), step, by: "", order: "window_start",
      limit: 2000,
    };
    try {
      const { value } = await request(rowsOf("course", relation.path, query), signal);
      const rows = value.data.map((row) => ({ ...row, value: measure(row) }));
      this.#draw(group, rows, Math.max(seconds, relation.window_seconds ?? 60) * 1000, value.complete_until);
    } catch {
      // The alerts' own values stay.
    }
  }

  #draw({ series: alerts, lead }, rows, stepMs, completeUntil) {
    const { times, isRunning, rows: grid } = timelineOf(rows, stepMs, completeUntil);
    if (times.length === 0) return;
    const values = grid.map((row) => (Number.isFinite(row?.value) ? row.value : null));
    const isShared = isShare(lead);
    const expected = alerts.some(({ expected_value: value }) => Number.isFinite(value))
      ? times.map((time) => alerts.find((alert) => timeOf(alert) === time.getTime())?.expected_value ?? null) : null;
    const name = readable(lead.metric_name);
    this.#canvas.setAttribute("aria-label", `${name} over time; the windows with an alert are in the table below.`);
    this.#chart.draw({
      times, isRunning, stepMs, timeText: timeFormatOf(times), bands: bandsOf(alerts),
      lines: [
        { label: name, type: "line", color: "--accent", values },
        ...beforeLine(expected, "Expected"),
      ],
      marks: marksOf(alerts),
      axis: {
        tick: isShared ? formatRateTick : formatNumber, exact: isShared ? formatRate : formatNumber,
        bounds: { beginAtZero: true, suggestedMax: 1.3 * Math.max(...alerts.map((alert) => alert.threshold_value)) },
      },
    });
  }
}

// Where values are when there is an alert: beyond the threshold of its severity, on the side where its value was.
function bandsOf(alerts) {
  const thresholds = new Map(alerts.map((alert) => [String(alert.severity).toLowerCase(), alert]));
  const isAbove = alerts.every(({ metric_value: value, threshold_value: threshold }) => value >= threshold);
  const [warning, critical] = [thresholds.get("warning")?.threshold_value, thresholds.get("critical")?.threshold_value];
  const far = isAbove ? Number.MAX_SAFE_INTEGER : -Number.MAX_SAFE_INTEGER;
  const band = (near, end, level) => ({ from: Math.min(near, end), to: Math.max(near, end), level });
  return [
    ...(warning === undefined ? [] : [band(warning, critical ?? far, "warn")]),
    ...(critical === undefined ? [] : [band(critical, far, "bad")]),
  ];
}

customElements.define("alert-chart", AlertChart);
