// <connection-status>: live, paused, degraded or disconnected, how far processing lags, when data last came, and
// the button that pauses. Fires "pause-toggle".

import { element, setTime } from "../dom.js";
import { formatClock, formatExact, formatFullTime } from "../format.js";
import { icon } from "../icons.js";

// A healthy processor is some records behind at any moment: those that came since its last transaction.
const NOTICEABLE_LAG_RECORDS = 1000;
const LABELS = {
  connecting: "Connecting", live: "Live", paused: "Paused", degraded: "Degraded", disconnected: "Disconnected",
};
const ICONS = { paused: "pause", degraded: "warning", disconnected: "offline" };

class ConnectionStatus extends HTMLElement {
  #pill = element("span", { class: "pill", role: "status" });
  #lag = element("span", { class: "lag" });
  #updated = element("time");
  #updatedLine = element("span", { class: "updated", hidden: "" }, "Updated ", this.#updated);
  #button = element("button", { type: "button", class: "icon-button" });

  connectedCallback() {
    this.#button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("pause-toggle")));
    const text = element("div", { class: "status-text" }, this.#lag, this.#updatedLine);
    this.replaceChildren(text, this.#pill, this.#button);
    this.#setButton(false);
    this.#setPill("connecting");
  }

  show({ state, reason, lagRecords, lastUpdated, isPausedByUser }) {
    this.#setPill(state);
    this.#pill.title = reason;
    const lag = lagRecords > NOTICEABLE_LAG_RECORDS ? `${formatExact(lagRecords)} records behind` : "";
    this.#lag.textContent = state === "degraded" && reason ? reason : lag;
    if (lastUpdated) {
      this.#updatedLine.hidden = false;
      setTime(this.#updated, lastUpdated, formatClock(lastUpdated), formatFullTime(lastUpdated));
    }
    this.#setButton(isPausedByUser);
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
