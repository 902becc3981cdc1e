// <stat-card metric label unit better>: one figure of the realtime answer, its recent course and its change.
// unit: count, rate or duration; better: "up" or "down" when a change is good or bad news.

import { element, setNumber } from "../dom.js";
import {
  formatChange, formatClock, formatCount, formatDuration, formatExact, formatMinutesBack, formatPoints, formatRate,
} from "../format.js";
import { drawSparkline, makeSparkline } from "../sparkline.js";

// Two minutes of polls.
const MAX_SAMPLES = 60;

const UNITS = {
  count: { format: formatCount, exact: formatExact, change: formatChange },
  rate: { format: formatRate, exact: null, change: formatPoints },
  duration: { format: formatDuration, exact: null, change: formatChange },
};

class StatCard extends HTMLElement {
  #value = element("data", { class: "stat-value skeleton" });
  #window = element("span", { class: "stat-window" });
  #trend = element("span", { class: "trend", hidden: "" });
  #sparkline = makeSparkline();
  #samples = [];
  #minutes = null;

  connectedCallback() {
    this.classList.add("card");
    this.dataset.state = "loading";
    this.replaceChildren(
      element("h2", { class: "stat-label" }, this.getAttribute("label")),
      this.#value,
      element("p", { class: "stat-foot" }, this.#window, this.#trend),
      this.#sparkline);
  }

  receive(totals, { minutes }) {
    const unit = UNITS[this.getAttribute("unit")];
    const metric = this.getAttribute("metric");
    const isEmpty = totals.total_downloads === 0;
    // A rate or a mean of nothing is not zero.
    const value = isEmpty && this.getAttribute("unit") !== "count" ? null : totals[metric];
    this.dataset.state = isEmpty ? "empty" : "ready";
    this.#value.classList.remove("skeleton");
    setNumber(this.#value, value, unit.format, unit.exact);
    this.#window.textContent = formatMinutesBack(minutes);
    this.#remember(value, minutes);
    this.#showTrend(unit);
    drawSparkline(this.#sparkline, this.#samples.map((sample) => sample.value));
  }

  markUnavailable(since) {
    if (this.dataset.state !== "loading" && this.dataset.state !== "unavailable") return;
    this.dataset.state = "unavailable";
    this.#value.classList.remove("skeleton");
    setNumber(this.#value, null, formatCount);
    this.#window.textContent = `no data since ${formatClock(since)}`;
  }

  // Figures of different look-backs, or across a gap, are not one course.
  #remember(value, minutes) {
    if (minutes !== this.#minutes || !Number.isFinite(value)) this.#samples = [];
    this.#minutes = minutes;
    if (Number.isFinite(value)) this.#samples.push({ value, at: Date.now() });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }

  #showTrend(unit) {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const direction = this.#samples.length > 1 && first.value !== 0 ? Math.sign(last.value - first.value) : 0;
    const change = direction === 0 ? "" : unit.change(last.value, first.value);
    // A change that rounds to nothing is none.
    this.#trend.hidden = direction === 0 || change === unit.change(first.value, first.value);
    if (this.#trend.hidden) return;
    const better = { up: 1, down: -1 }[this.getAttribute("better")] ?? 0;
    this.#trend.textContent = `${direction > 0 ? "▲" : "▼"} ${change}`;
    this.#trend.title = `compared with ${formatClock(first.at)}`;
    this.#trend.dataset.tone = ["bad", "neutral", "good"][direction * better + 1];
  }
}

customElements.define("stat-card", StatCard);
