// <trending-list>: the most downloaded titles of the look-back.

import { element, updateKeyed } from "../dom.js";
import { formatCount, formatMinutesBack, formatRate } from "../format.js";
import { makeRow, updateRow } from "../ranked-row.js";
import { DataPanel } from "./data-panel.js";

class TrendingList extends DataPanel {
  heading = "Trending";
  emptyText = "Nothing is trending";
  emptyHint = "Titles appear here as soon as somebody downloads them.";
  #list = element("ol", { class: "rows" });

  build() {
    return this.#list;
  }

  subtitle({ minutes }) {
    return formatMinutesBack(minutes);
  }

  render({ data }) {
    const largest = Math.max(0, ...data.map((item) => item.total_downloads));
    updateKeyed(
      this.#list, data, (item) => item.content_id,
      () => makeRow(element("span", { class: "rank", "aria-hidden": "true" })),
      (row, item, index) => {
        row.querySelector(".rank").textContent = index + 1;
        updateRow(row, {
          name: item.title ?? item.content_id,
          details: [`${formatRate(item.success_rate)} success`, `${formatCount(item.failed_downloads)} failed`],
          value: item.total_downloads,
          largest,
        });
      });
  }
}

customElements.define("trending-list", TrendingList);
