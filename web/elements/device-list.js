// <device-list>: the devices by downloads.

import { element, updateKeyed } from "../dom.js";
import { formatMinutesBack, formatRate, formatSpeed } from "../format.js";
import { makeRow, updateRow } from "../ranked-row.js";
import { DataPanel } from "./data-panel.js";

class DeviceList extends DataPanel {
  heading = "Devices";
  emptyText = "No devices to show";
  emptyHint = "A device appears here with its first download.";
  #list = element("ol", { class: "rows" });

  build() {
    return this.#list;
  }

  subtitle({ minutes }) {
    return formatMinutesBack(minutes);
  }

  render({ data }) {
    const sorted = data.toSorted((left, right) => right.total_downloads - left.total_downloads);
    updateKeyed(
      this.#list, sorted, (item) => item.device, () => makeRow(""),
      (row, item) => updateRow(row, {
        name: item.device,
        details: [`${formatRate(item.success_rate)} success`, formatSpeed(item.avg_speed)],
        value: item.total_downloads,
        largest: sorted[0].total_downloads,
      }));
  }
}

customElements.define("device-list", DeviceList);
