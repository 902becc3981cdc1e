// <device-list>: the devices and their operating systems by downloads.

import { DIMENSIONS } from "../downloads.js";
import { RankedList } from "./ranked-list.js";

class DeviceList extends RankedList {
  heading = "Devices";
  emptyText = "No devices to show";
  emptyHint = "A device appears here with its first download.";
  dimension = DIMENSIONS.find(({ name }) => name === "device");
}

customElements.define("device-list", DeviceList);
