// <key-alerts>: the open alerts of one key, in their groups.

import { countOf, groupsOf, readable } from "../grouping.js";
import { element, updateKeyed } from "../dom.js";
import { makeAlertRow, updateAlertRow } from "./alert-row.js";
import { DataPanel } from "./data-panel.js";

class KeyAlerts extends DataPanel {
  heading = "Its open alerts";
  emptyText = "No open alerts";
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
      updateAlertRow(row, group, [readable(group.type), countOf(group.alerts)], serverTime));
  }
}

customElements.define("key-alerts", KeyAlerts);
