// <key-alerts>: the alerts of one key, in their groups.

import { countOf, groupsOf } from "../grouping.js";
import { element, updateKeyed } from "../dom.js";
import { makeAlertRow, updateAlertRow } from "./alert-row.js";
import { DataPanel } from "./data-panel.js";

class KeyAlerts extends DataPanel {
  heading = "Its alerts";
  emptyText = "No open alerts, and no other in this range";
  #list = element("ul", { class: "alerts" });

  build() {
    return this.#list;
  }

  headExtras() {
    return [element("a", { class: "end more-link", href: "/alerts.html" }, "All alerts")];
  }

  prepare() {
    this.markLoading("alerts");
  }

  render({ data }, { serverTime }) {
    updateKeyed(this.#list, groupsOf(data, serverTime), (group) => group.id, makeAlertRow, (row, group) =>
      updateAlertRow(row, group,
        [group.type, countOf(group.alerts), group.isFiring ? null : "ended",
          group.state === "acknowledged" ? "acknowledged" : null],
        serverTime));
  }
}

customElements.define("key-alerts", KeyAlerts);
