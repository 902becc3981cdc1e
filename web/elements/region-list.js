// <region-list>: the regions by downloads, marked by health, with a filter per health and the long tail folded.

import { element, updateKeyed } from "../dom.js";
import { formatCount, formatMinutesBack, formatRate, formatSpeed } from "../format.js";
import { setBadge } from "../icons.js";
import { makeRow, updateRow } from "../ranked-row.js";
import { DataPanel } from "./data-panel.js";

const FOLDED_ROWS = 6;
const LEVELS = ["critical", "degraded", "healthy"];

class RegionList extends DataPanel {
  heading = "Regions";
  emptyText = "No regions to show";
  emptyHint = "A region appears here with its first download.";
  #list = element("ol", { class: "rows" });
  #filters = element("div", { class: "filters", role: "group", "aria-label": "Filter by health" });
  #more = element("button", { type: "button", class: "button more", "aria-expanded": "false" });
  #regions = [];
  #level = null;
  #isUnfolded = false;

  build() {
    for (const level of LEVELS) {
      const button = element("button", { type: "button", class: "filter", "aria-pressed": "false", "data-filter": level },
        element("span", { class: "badge" }), element("data"));
      setBadge(button.firstElementChild, level);
      button.addEventListener("click", () => {
        this.#level = this.#level === level ? null : level;
        this.#draw();
      });
      this.#filters.append(button);
    }
    this.#more.addEventListener("click", () => {
      this.#isUnfolded = !this.#isUnfolded;
      this.#draw();
    });
    return element("div", {}, this.#filters, this.#list, this.#more);
  }

  subtitle({ minutes }) {
    return formatMinutesBack(minutes);
  }

  render({ data }) {
    this.#regions = data.toSorted((left, right) => right.downloads - left.downloads);
    this.#draw();
  }

  #draw() {
    const matching = this.#regions.filter((item) => this.#level === null || item.health_status === this.#level);
    const shown = this.#isUnfolded ? matching : matching.slice(0, FOLDED_ROWS);
    const largest = this.#regions[0]?.downloads ?? 0;
    updateKeyed(
      this.#list, shown, (item) => item.region, () => makeRow(element("span", { class: "badge" })),
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
    this.#drawControls(matching.length);
  }

  #drawControls(matching) {
    for (const button of this.#filters.children) {
      const level = button.dataset.filter;
      const count = this.#regions.filter((item) => item.health_status === level).length;
      button.setAttribute("aria-pressed", String(this.#level === level));
      button.lastElementChild.value = String(count);
      button.lastElementChild.textContent = formatCount(count);
    }
    this.#more.hidden = matching <= FOLDED_ROWS;
    this.#more.setAttribute("aria-expanded", String(this.#isUnfolded));
    this.#more.textContent = this.#isUnfolded ? "Show fewer" : `Show all ${formatCount(matching)}`;
  }
}

customElements.define("region-list", RegionList);
