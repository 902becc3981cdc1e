// <partition-table>: each partition, where its processing is and how far its event time.

import { dataRow, dataTable } from "../data-table.js";
import { element } from "../dom.js";
import { formatAge, formatClock, formatExact } from "../format.js";
import { DataPanel } from "./data-panel.js";

class PartitionTable extends DataPanel {
  heading = "Partitions";
  emptyText = "No partition has been read yet";
  emptyHint = "They appear with the first transaction of a processor.";
  #body = element("tbody");

  build() {
    const titles = ["Stream", "Partition", "Next record", "Event time complete until", "Behind", "Last commit"];
    return dataTable("Partitions", titles, this.#body);
  }

  render({ data }, { serverTime }) {
    const since = (time) => (time ? formatAge((serverTime - Date.parse(time)) / 1000) : "—");
    const reach = ({ watermark, is_idle: isIdle }) =>
      (watermark ? formatClock(new Date(watermark)) : "—") + (isIdle ? " (idle)" : "");
    this.#body.replaceChildren(...data.map((row) => dataRow(
      row.stream, String(row.partition), formatExact(row.next_offset), reach(row), since(row.watermark),
      `${since(row.updated_at)} ago`)));
  }
}

customElements.define("partition-table", PartitionTable);
