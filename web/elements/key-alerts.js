// <key-alerts>: the open alerts of one key, in their groups.

import { groupsOf, readable } from "../grouping.js";
import { element, setTime, updateKeyed } from "../dom.js";
import { formatAgo, formatExact, formatFullTime } from "../format.js";
import { setBadge } from "../icons.js";
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
    updateKeyed(this.#list, groupsOf(data, serverTime), (group) => group.id, makeRow, (row, group) => {
      const link = row.firstElementChild;
      link.dataset.level = group.severity;
      link.href = `/alerts.html#${new URLSearchParams({ open: group.alerts[0].id })}`;
      setBadge(link.querySelector(".badge"), group.severity);
      link.querySelector(".alert-message").textContent = group.last.message;
      const windows = group.alerts.length > 1 ? [`${formatExact(group.alerts.length)} windows`] : [];
      link.querySelector(".row-detail").textContent = [readable(group.type), ...windows].join(" · ");
      const date = new Date(group.lastTime);
      setTime(link.querySelector("time"), date, formatAgo(date, serverTime), formatFullTime(date));
    });
  }
}

const makeRow = () => element("li", {}, element("a", { class: "alert" },
  element("span", { class: "badge" }), element("time"), element("span", { class: "alert-message" }),
  element("span", { class: "row-detail" })));

customElements.define("key-alerts", KeyAlerts);
