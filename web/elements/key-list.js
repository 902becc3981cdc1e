// <key-list>: the groups that lead by the chosen result; a click narrows everything to one.

import { changeView, element, setLevel, setNumber, updateKeyed } from "../dom.js";
import { MAX_GROUPS, filterValue, filtersWith } from "../explore-view.js";
import { Folding } from "../folding.js";
import { formatChange, formatPoints, formatRange } from "../format.js";
import { isCountChange, isMeanChange } from "../comparison.js";
import { exactFormatOf, formatOf, isAdditive, isPercent, keyText, labelOf, levelOf } from "../measures.js";
import { DataPanel } from "./data-panel.js";

class KeyList extends DataPanel {
  heading = "By key";
  emptyText = "Nothing in this range";
  emptyHint = "Choose a longer one, or take a filter away.";
  #list = element("ol", { class: "rows" });
  #keys = element("div", { class: "choices", role: "group", "aria-label": "Key" });
  #order = element("button", { type: "button", class: "button" });
  #folding = new Folding(() => this.#draw(), 10);
  #view = null;
  #rows = [];
  #before = null;

  build() {
    this.#order.addEventListener("click", () => changeView(this, { isLowest: !this.#view.isLowest }));
    return element("div", {}, this.#list, this.#folding.button);
  }

  headExtras() {
    return [this.#keys, this.#order];
  }

  prepare(view) {
    this.#view = view;
    this.#before = null;
    this.markLoading(`${view.name} ${view.by} ${view.measure?.name} ${view.isLowest}`);
    if (!view.by) return;
    this.setHeading(`By ${view.by}`);
    this.#order.textContent = view.isLowest ? "Lowest first" : "Highest first";
    this.#keys.hidden = view.free.length < 2;
    updateKeyed(this.#keys, view.free, (key) => key, () => this.#makeChoice(), (button, key) => {
      button.textContent = key;
      button.setAttribute("aria-pressed", String(key === view.by));
    });
  }

  subtitle({ view }) {
    return `${labelOf(view.measure)}, ${formatRange(view.range)}`;
  }

  render({ data }) {
    this.#rows = data;
    this.#draw();
  }

  receiveBefore({ data }) {
    this.#before = new Map(data.map((row) => [JSON.stringify(row[this.#view.by]), row[this.#view.measure.name]]));
    this.#draw();
  }

  #draw() {
    const { measure, by } = this.#view;
    const values = this.#rows.map((row) => row[measure.name]).filter(Number.isFinite);
    const largest = Math.max(0, ...values);
    // A bar is a share of the largest; where a value is no amount there is none.
    const hasBars = isAdditive(measure) || isPercent(measure) || values.every((value) => value >= 0);
    const rows = this.#folding.visible(this.#rows, this.#rows.length >= MAX_GROUPS);
    updateKeyed(this.#list, rows, (row) => JSON.stringify(row[by]), () => this.#makeRow(),
      (item, row) => {
        const button = item.firstElementChild;
        const text = keyText(row[by]);
        button.querySelector(".row-name").textContent = text;
        setLevel(button, levelOf(measure, row[measure.name]));
        button.title = `Show only ${by}: ${text}`;
        setNumber(button.querySelector("data"), row[measure.name], formatOf(measure), exactFormatOf(measure));
        const before = this.#before?.get(JSON.stringify(row[by]));
        this.#showChange(button.querySelector(".change"), row[measure.name], before);
        const share = largest > 0 && hasBars ? row[measure.name] / (isPercent(measure) ? Math.max(1, largest) : largest) : 0;
        button.querySelector(".bar").style.setProperty("--share", Number.isFinite(share) ? Math.max(0, share) : 0);
        item.filter = { column: by, value: row[by] };
      });
  }

  #makeRow() {
    const button = element("button", { type: "button", class: "row" },
      element("span", { class: "row-name" }), element("span", { class: "change", hidden: "" }),
      element("data", { class: "row-value" }),
      element("span", { class: "bar", "aria-hidden": "true" }));
    const item = element("li", {}, button);
    button.addEventListener("click", () => {
      changeView(this, { filters: filtersWith(this.#view, item.filter.column, filterValue(item.filter.value)) });
    });
    return item;
  }

  #showChange(node, now, before) {
    const { measure } = this.#view;
    node.hidden = !Number.isFinite(now) || !Number.isFinite(before) || before === 0;
    if (node.hidden) return;
    const isReal = measure.role === "count" ? isCountChange(now, before) : isMeanChange(now, before, Infinity);
    const format = isPercent(measure) ? formatPoints : formatChange;
    node.textContent = isReal ? format(now, before) : "≈";
    node.title = `${formatOf(measure)(before)} in the period before`;
  }

  #makeChoice() {
    const button = element("button", { type: "button", class: "filter" });
    button.addEventListener("click", () => changeView(this, { by: button.textContent }));
    return button;
  }
}

customElements.define("key-list", KeyList);
