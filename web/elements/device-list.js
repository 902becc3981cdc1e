// <device-list>: the devices by downloads.

import { element, updateKeyed } from "../dom.js";
import { Folding } from "../folding.js";
import { formatMinutesBack, formatRate, formatSpeed } from "../format.js";
import { makeRow, updateRow } from "../ranked-row.js";
import { DataPanel } from "./data-panel.js";

class DeviceList extends DataPanel {
  heading = "Devices";
  emptyText = "No devices to show";
  emptyHint = "A device appears here with its first download.";
  #folding = new Folding(() => this.#draw());
  #devices = [];
  #list = element("ol", { class: "rows" });

  build() {
    return element("div", {}, this.#list, this.#folding.button);
  }

  subtitle({ minutes }) {
    return formatMinutesBack(minutes);
  }

  render({ data }) {
    this.#devices = data.toSorted((left, right) => right.total_downloads - left.total_downloads);
    this.#draw();
  }

  #draw() {
    updateKeyed(
      this.#list, this.#folding.visible(this.#devices), (item) => item.device, () => makeRow(""),
      (row, item) => updateRow(row, {
        name: item.device,
        details: [`${formatRate(item.success_rate)} success`, formatSpeed(item.avg_speed)],
        value: item.total_downloads,
        largest: this.#devices[0].total_downloads,
      }));
  }
}

customElements.define("device-list", DeviceList);
