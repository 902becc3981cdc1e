// <region-list>: the regions, the sick ones first, with a filter per health and the long tail folded.

import { DIMENSIONS } from "../downloads.js";
import { element } from "../dom.js";
import { formatCount } from "../format.js";
import { setBadge } from "../icons.js";
import { RankedList } from "./ranked-list.js";

const LEVELS = ["critical", "degraded", "healthy"];

class RegionList extends RankedList {
  heading = "Regions";
  emptyText = "No regions to show";
  emptyHint = "A region appears here with its first download.";
  dimension = DIMENSIONS.find(({ name }) => name === "region");
  #filters = element("div", { class: "filters", role: "group", "aria-label": "Filter by health" });
  #level = null;

  above() {
    for (const level of LEVELS) {
      const attributes = { type: "button", class: "filter", "aria-pressed": "false", "data-filter": level };
      const button = element("button", attributes, element("span", { class: "badge" }), element("data"));
      setBadge(button.firstElementChild, level);
      button.addEventListener("click", () => {
        this.#level = this.#level === level ? null : level;
        this.redraw();
      });
      this.#filters.append(button);
    }
    return [this.#filters];
  }

  matching(items) {
    for (const button of this.#filters.children) {
      const level = button.dataset.filter;
      const count = items.filter((item) => item.health === level).length;
      button.setAttribute("aria-pressed", String(this.#level === level));
      button.lastElementChild.value = String(count);
      button.lastElementChild.textContent = formatCount(count);
    }
    return items.filter((item) => [null, item.health].includes(this.#level));
  }
}

customElements.define("region-list", RegionList);
