// <alert-list>: the open alerts in their groups, the gravest first. One that was not there before is announced to
// screen readers.

import { countOf, groupsOf } from "../grouping.js";
import { element, setNumber, updateKeyed } from "../dom.js";
import { formatCount, formatExact } from "../format.js";
import { makeAlertRow, updateAlertRow } from "./alert-row.js";
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
    updateKeyed(this.#list, groups, (group) => group.id, makeAlertRow, (row, group) => {
      const details = [group.key, group.type, countOf(group.alerts), group.isFiring ? null : "ended"];
      updateAlertRow(row, group, details, serverTime);
    });
    this.#announce(data);
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
