// <downloads-chart>: downloads per minute as bars and the success rate as a line, over the last hour.
// Uses Chart.js, which the page loads as the global `Chart`. The running minute is hatched: it is not over.

import { chartLook, darkScheme, reducedMotion } from "../chart-look.js";
import { element } from "../dom.js";
import { formatCount, formatExact, formatMinute, formatRate, formatRateTick } from "../format.js";
import { minuteSeries } from "../minute-series.js";
import { DataPanel } from "./data-panel.js";

class DownloadsChart extends DataPanel {
  heading = "Downloads per minute";
  emptyText = "No downloads in the last hour";
  emptyHint = "The chart fills as events arrive in Kafka.";
  #canvas = element("canvas", { role: "img" });
  #chart = null;
  #series = [];
  #drawn = "";

  build() {
    darkScheme.addEventListener("change", () => this.#redraw());
    reducedMotion.addEventListener("change", () => this.#redraw());
    return element("div", {},
      element("div", { class: "chart-frame" }, this.#canvas),
      element("ul", { class: "legend", "aria-hidden": "true" },
        element("li", { class: "legend-downloads" }, "Downloads"),
        element("li", { class: "legend-running" }, "Running minute, incomplete"),
        element("li", { class: "legend-rate" }, "Success rate")));
  }

  subtitle() {
    return "last hour";
  }

  isEmpty(answer) {
    return !answer.data.some((row) => row.total_downloads > 0);
  }

  render(answer, { serverTime }) {
    this.#series = minuteSeries(answer, serverTime);
    const fingerprint = JSON.stringify(this.#series);
    if (this.isEmpty(answer) || fingerprint === this.#drawn) return;
    this.#drawn = fingerprint;
    this.#canvas.setAttribute("aria-label", describe(this.#series));
    if (typeof Chart === "undefined") {
      // The file of the distribution's package is missing: say the figures instead of showing an empty frame.
      this.#canvas.parentElement.textContent = `${describe(this.#series)} (Chart.js is not installed.)`;
      return;
    }
    if (!this.#chart) this.#redraw();
    this.#fill();
    this.#chart.update();
  }

  // Colours are read when the chart is made, so a change of theme makes it anew.
  #redraw() {
    if (this.#series.length === 0 || typeof Chart === "undefined") return;
    this.#chart?.destroy();
    this.#chart = new Chart(this.#canvas, configuration(getComputedStyle(this), () => this.#series));
    this.#fill();
    this.#chart.update("none");
  }

  #fill() {
    const data = this.#chart.data;
    data.labels = this.#series.map((minute) => formatMinute(minute.start));
    data.datasets[0].data = this.#series.map((minute) => minute.successRate);
    data.datasets[1].data = this.#series.map((minute) => minute.downloads);
  }
}

function describe(series) {
  const total = series.reduce((sum, minute) => sum + minute.downloads, 0);
  const peak = series.reduce((best, minute) => (minute.downloads > best.downloads ? minute : best));
  return `${formatExact(total)} downloads in the last hour, `
    + `at most ${formatExact(peak.downloads)} in a minute, at ${formatMinute(peak.start)}.`;
}

/** @param seriesOf the minutes as they are now; Chart.js asks while it draws. */
function configuration(style, seriesOf) {
  const look = chartLook(style);
  const { color, ticks } = look;
  const hatch = hatched(color("--chart-bar"), color("--surface"));
  const isRunning = (index) => seriesOf()[index]?.isRunning === true;
  return {
    data: {
      datasets: [
        {
          type: "line", label: "Success rate", yAxisID: "rate", borderColor: color("--good"), borderWidth: 2,
          backgroundColor: color("--good"), pointRadius: 0, pointHitRadius: 8, tension: 0.25, spanGaps: false,
          segment: { borderDash: (context) => (isRunning(context.p1DataIndex) ? [3, 3] : undefined) },
        },
        {
          type: "bar", label: "Downloads", yAxisID: "downloads", borderRadius: 3, borderSkipped: "bottom",
          backgroundColor: (context) => (isRunning(context.dataIndex) ? hatch : color("--chart-bar")),
          categoryPercentage: 0.9, barPercentage: 0.85,
        },
      ],
    },
    options: look.options({
      downloads: {
        position: "left", beginAtZero: true, grid: { color: color("--border"), drawBorder: false },
        ticks: { ...ticks, precision: 0, maxTicksLimit: 6, callback: (value) => formatCount(value) },
      },
      rate: {
        position: "right", suggestedMin: 0.8, max: 1, grid: { display: false, drawBorder: false },
        ticks: { ...ticks, maxTicksLimit: 6, callback: (value) => formatRateTick(value) },
      },
    }, {
      displayColors: false,
      callbacks: {
        title: ([item]) => (item && isRunning(item.dataIndex) ? `${item.label} (incomplete)` : item?.label),
        label: (item) => (item.dataset.yAxisID === "rate"
          ? `${formatRate(item.raw)} success` : `${formatExact(item.raw)} downloads`),
      },
    }),
  };
}

function hatched(stroke, background) {
  const tile = document.createElement("canvas");
  tile.width = 8;
  tile.height = 8;
  const context = tile.getContext("2d");
  context.fillStyle = background;
  context.fillRect(0, 0, 8, 8);
  context.strokeStyle = stroke;
  context.lineWidth = 2;
  context.beginPath();
  for (const offset of [-8, 0, 8]) {
    context.moveTo(offset, 8);
    context.lineTo(offset + 8, 0);
  }
  context.stroke();
  return context.createPattern(tile, "repeat");
}

customElements.define("downloads-chart", DownloadsChart);
