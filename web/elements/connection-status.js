// <connection-status>: live, paused, degraded, stale or disconnected, why, how old the newest event is, how results come,
// and the button that pauses. Fires "pause-toggle".

import { element } from "../dom.js";
import { formatAge, formatClock, formatExact } from "../format.js";
import { icon } from "../icons.js";

// A healthy processor is some records behind at any moment: those that came since its last transaction.
const NOTICEABLE_LAG_RECORDS = 1000;
const LABELS = {
  connecting: "Connecting", live: "Live", paused: "Paused", degraded: "Degraded", stale: "No events",
  disconnected: "Disconnected",
};
const ICONS = { paused: "pause", degraded: "warning", stale: "warning", disconnected: "offline" };

class ConnectionStatus extends HTMLElement {
  #pill = element("span", { class: "pill", role: "status" });
  #lag = element("span", { class: "lag" });
  #fresh = element("span", { class: "updated" });
  #way = element("span", { class: "way" });
  #button = element("button", { type: "button", class: "icon-button" });
  // When the newest event happened, by this machine's clock.
  #newest = null;

  connectedCallback() {
    this.#button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("pause-toggle")));
    const text = element("div", { class: "status-text" }, this.#lag, this.#fresh, this.#way);
    this.replaceChildren(text, this.#pill, this.#button);
    this.#setButton(false);
    this.#setPill("connecting");
    setInterval(() => this.#tick(), 1000);
  }

  show({ state, reason, lagRecords, lastUpdated, newestEventAge, healthAt, isPausedByUser, isPushed }) {
    this.#setPill(state);
    this.#pill.title = reason;
    const lag = lagRecords > NOTICEABLE_LAG_RECORDS ? `${formatExact(lagRecords)} records behind` : "";
    this.#lag.textContent = ["degraded", "stale"].includes(state) && reason ? reason : lag;
    this.#newest = newestEventAge === null || !healthAt ? null : healthAt.getTime() - newestEventAge * 1000;
    this.#fresh.title = lastUpdated ? `Asked last at ${formatClock(lastUpdated)}` : "";
    this.#tick();
    this.#setWay(["live", "stale", "degraded"].includes(state) ? isPushed : null);
    this.#setButton(isPausedByUser);
  }

  // It grows older between two answers, and more so when none come.
  #tick() {
    const text = this.#newest === null ? "" : `Data up to ${formatAge((Date.now() - this.#newest) / 1000)} ago`;
    if (this.#fresh.textContent !== text) this.#fresh.textContent = text;
  }

  /** @param {boolean | null} isPushed null: nothing comes at all. */
  #setWay(isPushed) {
    const text = isPushed === null ? "" : isPushed ? "by push" : "by polling";
    if (this.#way.textContent === text) return;
    this.#way.textContent = text;
    this.#way.title = isPushed ? "Results come as soon as they change."
      : "Results are asked for every 2 seconds: the server does not push, or the connection was just lost.";
  }

  // Written only on change: a live region speaks at every write.
  #setPill(state) {
    if (this.#pill.dataset.state === state) return;
    this.#pill.dataset.state = state;
    const mark = ICONS[state] ? icon(ICONS[state]) : element("span", { class: "dot", "aria-hidden": "true" });
    this.#pill.replaceChildren(mark, LABELS[state]);
  }

  #setButton(isPaused) {
    const label = isPaused ? "Resume updates" : "Pause updates";
    if (this.#button.title === label) return;
    this.#button.title = label;
    this.#button.setAttribute("aria-label", label);
    this.#button.replaceChildren(icon(isPaused ? "play" : "pause"));
  }
}

customElements.define("connection-status", ConnectionStatus);
