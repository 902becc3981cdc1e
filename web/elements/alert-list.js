// <alert-list>: the open alerts in their groups, the gravest first. One that was not there before is announced to
// screen readers.

import { groupsOf, readable } from "../grouping.js";
import { element, setNumber, setTime, updateKeyed } from "../dom.js";
import { formatAgo, formatCount, formatExact, formatFullTime } from "../format.js";
import { setBadge } from "../icons.js";
import { DataPanel } from "./data-panel.js";

const MAX_GROUPS = 30;

class AlertList extends DataPanel {
  heading = "Alerts";
  emptyText = "No open alerts";
  emptyHint = "Nobody has to look at one now.";
  #list = element("ul", { class: "alerts" });
  #count = element("data", { class: "count", hidden: "" });
  #announcer = element("p", { class: "visually-hidden", "aria-live": "polite" });
  #known = null;

  // Scrollable, hence reachable by keyboard.
  build() {
    return element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Open alerts" }, this.#list);
  }

  headExtras() {
    return [this.#count, element("a", { class: "end more-link", href: "/alerts.html" }, "All alerts"), this.#announcer];
  }

  render({ data, unacknowledged_count: open }, { serverTime }) {
    this.#count.hidden = !(open > 0);
    setNumber(this.#count, open, formatCount, (number) => `${formatExact(number)} unacknowledged`);
    const groups = groupsOf(data, serverTime).slice(0, MAX_GROUPS);
    updateKeyed(
      this.#list, groups, (group) => group.id, () => this.#makeRow(),
      (row, group) => this.#updateRow(row, group, serverTime));
    this.#announce(data);
  }

  #makeRow() {
    const link = element("a", { class: "alert" },
      element("span", { class: "badge" }),
      element("time"),
      element("span", { class: "alert-message" }),
      element("span", { class: "row-detail" }));
    return element("li", {}, link);
  }

  #updateRow(row, { severity, last, lastTime, key, type, alerts, isFiring }, now) {
    const link = row.firstElementChild;
    link.dataset.level = severity;
    link.href = `/alerts.html#${new URLSearchParams({ open: alerts[0].id })}`;
    setBadge(link.querySelector(".badge"), severity);
    link.querySelector(".alert-message").textContent = last.message;
    const count = alerts.length > 1 ? `${formatExact(alerts.length)} alerts` : null;
    link.querySelector(".row-detail").textContent =
      [key, readable(type), count, isFiring ? null : "over"].filter(Boolean).join(" · ");
    const date = new Date(lastTime);
    if (!Number.isNaN(date.getTime())) {
      setTime(link.querySelector("time"), date, formatAgo(date, now), formatFullTime(date));
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

customElements.define("alert-list", AlertList);
