// <stat-card metric label unit better>: one figure over the range, its course, and how it differs from the period
// before. unit: count, rate or duration; better: "up" or "down" when a change is good or bad news.

import { isCountChange, isMeanChange, isShareChange } from "../comparison.js";
import { element, setNumber } from "../dom.js";
import {
  formatChange, formatClock, formatCount, formatDuration, formatExact, formatPoints, formatRange, formatRate,
} from "../format.js";
import { drawSparkline, makeSparkline } from "../sparkline.js";

const UNITS = {
  count: {
    format: formatCount, exact: formatExact, change: formatChange,
    isChange: (now, before) => isCountChange(now.value, before.value),
  },
  rate: {
    format: formatRate, exact: null, change: formatPoints,
    isChange: (now, before) => isShareChange({ share: now.value, of: now.of }, { share: before.value, of: before.of }),
  },
  duration: {
    format: formatDuration, exact: null, change: formatChange,
    isChange: (now, before) => isMeanChange(now.value, before.value, Math.min(now.of, before.of)),
  },
};

class StatCard extends HTMLElement {
  #value = element("data", { class: "stat-value skeleton" });
  #window = element("span", { class: "stat-window" });
  #running = element("span", { class: "running", hidden: "" });
  #rate = element("span", { class: "rate", hidden: "" });
  #trend = element("span", { class: "trend", hidden: "" });
  #sparkline = makeSparkline();
  #current = null;
  #before = null;

  connectedCallback() {
    this.classList.add("card");
    this.dataset.state = "loading";
    this.replaceChildren(
      element("h2", { class: "stat-label" }, this.getAttribute("label")),
      this.#value,
      element("p", { class: "stat-foot" }, this.#window, this.#rate, this.#trend, this.#running),
      this.#sparkline);
  }

  get metric() {
    return this.getAttribute("metric");
  }

  /** Another question was asked. @param isKnown whether it has an answer to this. */
  prepare(view, isKnown) {
    this.#current = this.#before = null;
    this.#trend.hidden = this.#running.hidden = this.#rate.hidden = true;
    this.toggleAttribute("data-waiting", isKnown);
    this.#window.textContent = isKnown ? formatRange(view.range) : "not known of this choice";
    drawSparkline(this.#sparkline, []);
    if (isKnown) return;
    this.dataset.state = "empty";
    this.#value.classList.remove("skeleton");
    setNumber(this.#value, null, formatCount);
  }

  /** @param {number | null} value @param {number} of the events that it is made of. */
  receive(value, of) {
    this.removeAttribute("data-waiting");
    this.dataset.state = of === 0 ? "empty" : "ready";
    this.#value.classList.remove("skeleton");
    this.#current = { value, of };
    const unit = this.#unit;
    setNumber(this.#value, value, unit.format, unit.exact);
    this.#showTrend();
  }

  receiveBefore(value, of) {
    this.#before = { value, of };
    this.#showTrend();
  }

  /** @param {(number | null)[]} values in equal steps over the range. */
  receiveCourse(values) {
    drawSparkline(this.#sparkline, values, this.getAttribute("unit") === "rate" ? 1 : null);
  }

  /** @param {number} perMinute how many they are a minute, of those minutes that have any. */
  receiveRate(perMinute) {
    this.#rate.hidden = !(perMinute > 0);
    this.#rate.textContent = `${formatCount(perMinute)} a minute`;
  }

  /** What has come since the complete windows. */
  receiveRunning(value) {
    this.#running.hidden = !(value > 0);
    if (this.#running.hidden) return;
    const node = this.#running.querySelector("data") ?? element("data");
    if (!node.isConnected) this.#running.replaceChildren("+ ", node, " running");
    setNumber(node, value, formatCount, (number) => `${formatExact(number)} in the window that is not over`);
  }

  markUnavailable(since) {
    if (!["loading", "unavailable"].includes(this.dataset.state) && !this.hasAttribute("data-waiting")) return;
    this.dataset.state = "unavailable";
    this.removeAttribute("data-waiting");
    this.#value.classList.remove("skeleton");
    setNumber(this.#value, null, formatCount);
    this.#window.textContent = `no data since ${formatClock(since)}`;
  }

  get #unit() {
    return UNITS[this.getAttribute("unit")];
  }

  // Grey: it may be chance. Neither is a change from nothing one that a percentage could tell.
  #showTrend() {
    const [now, before] = [this.#current, this.#before];
    const isComparable = Number.isFinite(now?.value) && Number.isFinite(before?.value) && before.value > 0;
    this.#trend.hidden = !isComparable;
    if (!isComparable) return;
    const isReal = this.#unit.isChange(now, before);
    const direction = Math.sign(now.value - before.value);
    const better = { up: 1, down: -1 }[this.getAttribute("better")] ?? 0;
    const mark = isReal ? (direction > 0 ? "▲" : "▼") : "≈";
    this.#trend.textContent = `${mark} ${this.#unit.change(now.value, before.value)}`;
    const doubt = isReal ? "" : "; the difference may be chance";
    this.#trend.title = `${this.#unit.format(before.value)} in the period before${doubt}`;
    this.#trend.dataset.tone = isReal ? ["bad", "neutral", "good"][direction * better + 1] : "neutral";
  }
}

customElements.define("stat-card", StatCard);
