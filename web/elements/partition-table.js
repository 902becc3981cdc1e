// <partition-table>: each partition, where its processing is and how far its event time.

import { element } from "../dom.js";
import { formatAge, formatClock, formatExact } from "../format.js";
import { DataPanel } from "./data-panel.js";

class PartitionTable extends DataPanel {
  heading = "Partitions";
  emptyText = "No partition has been read yet";
  emptyHint = "They appear with the first transaction of a processor.";
  #body = element("tbody");

  build() {
    const head = ["Stream", "Partition", "Next record", "Event time complete until", "Behind", "Last commit"];
    return element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Partitions" },
      element("table", { class: "data" }, element("thead", {}, element("tr", {}, ...head.map((title) => element("th", { scope: "col" }, title)))),
        this.#body));
  }

  render({ data }, { serverTime }) {
    const since = (time) => (time ? formatAge((serverTime - Date.parse(time)) / 1000) : "—");
    this.#body.replaceChildren(...data.map((row) => element("tr", {},
      element("th", { scope: "row" }, row.stream), element("td", {}, String(row.partition)), element("td", {}, formatExact(row.next_offset)),
      element("td", {}, row.watermark ? formatClock(new Date(row.watermark)) : "—", row.is_idle ? " (idle)" : ""),
      element("td", {}, since(row.watermark)), element("td", {}, `${since(row.updated_at)} ago`))));
  }
}

customElements.define("partition-table", PartitionTable);
