// <region-list>: the regions by downloads, marked by health, with a filter per health and the long tail folded.

import { element, updateKeyed } from "../dom.js";
import { Folding } from "../folding.js";
import { formatCount, formatMinutesBack, formatRate, formatSpeed } from "../format.js";
import { setBadge } from "../icons.js";
import { makeRow, updateRow } from "../ranked-row.js";
import { DataPanel } from "./data-panel.js";

const LEVELS = ["critical", "degraded", "healthy"];

class RegionList extends DataPanel {
  heading = "Regions";
  emptyText = "No regions to show";
  emptyHint = "A region appears here with its first download.";
  #list = element("ol", { class: "rows" });
  #filters = element("div", { class: "filters", role: "group", "aria-label": "Filter by health" });
  #folding = new Folding(() => this.#draw());
  #regions = [];
  #level = null;

  build() {
    for (const level of LEVELS) {
      const attributes = { type: "button", class: "filter", "aria-pressed": "false", "data-filter": level };
      const button = element("button", attributes, element("span", { class: "badge" }), element("data"));
      setBadge(button.firstElementChild, level);
      button.addEventListener("click", () => {
        this.#level = this.#level === level ? null : level;
        this.#draw();
      });
      this.#filters.append(button);
    }
    return element("div", {}, this.#filters, this.#list, this.#folding.button);
  }

  subtitle({ minutes }) {
    return formatMinutesBack(minutes);
  }

  render({ data }) {
    this.#regions = data.toSorted((left, right) => right.downloads - left.downloads);
    this.#draw();
  }

  #draw() {
    const matching = this.#regions.filter((item) => [null, item.health_status].includes(this.#level));
    const largest = this.#regions[0]?.downloads ?? 0;
    updateKeyed(
      this.#list, this.#folding.visible(matching), (item) => item.region,
      () => makeRow(element("span", { class: "badge" })),
      (row, item) => {
        const level = String(item.health_status);
        row.dataset.level = level;
        setBadge(row.querySelector(".badge"), level);
        updateRow(row, {
          name: item.region,
          details: [`${formatRate(item.success_rate)} success`, formatSpeed(item.avg_speed)],
          value: item.downloads,
          largest,
        });
      });
    this.#drawFilters();
  }

  #drawFilters() {
    for (const button of this.#filters.children) {
      const level = button.dataset.filter;
      const count = this.#regions.filter((item) => item.health_status === level).length;
      button.setAttribute("aria-pressed", String(this.#level === level));
      button.lastElementChild.value = String(count);
      button.lastElementChild.textContent = formatCount(count);
    }
  }
}

customElements.define("region-list", RegionList);
