// <alert-list>: the newest open alerts. An alert that was not there before is announced to screen readers.

import { element, setNumber, setTime, updateKeyed } from "../dom.js";
import { formatAgo, formatCount, formatExact, formatFullTime } from "../format.js";
import { setBadge } from "../icons.js";
import { DataPanel } from "./data-panel.js";

class AlertList extends DataPanel {
  heading = "Alerts";
  emptyText = "No open alerts";
  emptyHint = "Everything is within its thresholds.";
  #list = element("ul", { class: "alerts" });
  #count = element("data", { class: "count", hidden: "" });
  #announcer = element("p", { class: "visually-hidden", "aria-live": "polite" });
  #known = null;

  // Scrollable, hence reachable by keyboard.
  build() {
    return element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Open alerts" }, this.#list);
  }

  headExtras() {
    return [this.#count, this.#announcer];
  }

  render({ data, unacknowledged_count: open }, { serverTime }) {
    this.#count.hidden = !(open > 0);
    setNumber(this.#count, open, formatCount, (number) => `${formatExact(number)} unacknowledged`);
    updateKeyed(
      this.#list, data, (alert) => alert.id, () => this.#makeRow(),
      (row, alert) => this.#updateRow(row, alert, serverTime));
    this.#announce(data);
  }

  #makeRow() {
    return element("li", { class: "alert" },
      element("span", { class: "badge" }),
      element("time"),
      element("p", { class: "alert-message" }),
      element("p", { class: "row-detail" }));
  }

  #updateRow(row, alert, now) {
    const level = String(alert.severity).toLowerCase();
    row.dataset.level = level;
    setBadge(row.querySelector(".badge"), level);
    row.querySelector(".alert-message").textContent = alert.message;
    row.querySelector(".row-detail").textContent =
      [alert.region, readable(alert.alert_type)].filter(Boolean).join(" · ");
    const created = new Date(alert.created_at);
    if (!Number.isNaN(created.getTime())) {
      setTime(row.querySelector("time"), created, formatAgo(created, now), formatFullTime(created));
    }
  }

  // What was open when the page was opened is no news.
  #announce(data) {
    const fresh = this.#known === null ? [] : data.filter((alert) => !this.#known.has(alert.id));
    this.#known = new Set(data.map((alert) => alert.id));
    if (fresh.length > 0) {
      this.#announcer.textContent = fresh.map((alert) => `New ${alert.severity} alert: ${alert.message}`).join(". ");
    }
  }
}

/** HIGH_ERROR_RATE → High error rate */
function readable(code) {
  const words = String(code ?? "").replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

customElements.define("alert-list", AlertList);
