// What the lists of regions, titles and devices share: rows that can be put in another order, and clicked to narrow the
// page to one; what they were in the period before; the way to the page of each.

import { isCountChange, isShareChange } from "../comparison.js";
import { changeView, element, setNumber, updateKeyed } from "../dom.js";
import { figuresOf, healthOf } from "../downloads.js";
import { pageOf } from "../explore-view.js";
import { Folding } from "../folding.js";
import {
  formatChange, formatCount, formatExact, formatPoints, formatRange, formatRate, formatShare, formatSpeed,
} from "../format.js";
import { icon, setBadge } from "../icons.js";
import { MAX_ROWS, ORDERS } from "../overview-view.js";
import { DataPanel } from "./data-panel.js";

const LABELS = { worst: "Worst first", most: "Most downloads", share: "Share of failures", change: "Greatest change" };
const SEVERITY = { critical: 2, degraded: 1 };

export class RankedList extends DataPanel {
  /** One of `DIMENSIONS`. */
  dimension;
  foldedRows = 8;
  #list = element("ol", { class: "rows" });
  #folding;
  #order;
  #view = null;
  #rows = [];
  #isCut = false;
  #before = null;

  build() {
    this.#folding = new Folding(() => this.redraw(), this.foldedRows);
    return element("div", {}, ...this.above(), this.#list, this.#folding.button);
  }

  /** What stands above the rows. */
  above() {
    return [];
  }

  headExtras() {
    this.#order = element("select", { class: "order", "aria-label": `Order of ${this.dimension.plural}` },
      ...ORDERS.map((order) => element("option", { value: order }, LABELS[order])));
    this.#order.addEventListener("change", () =>
      changeView(this, { orders: { ...this.#view.orders, [this.dimension.name]: this.#order.value } }));
    return [this.#order];
  }

  /** Shows another view from now on. */
  prepare(view, isNew) {
    this.#view = view;
    this.#order.value = view.orders[this.dimension.name];
    if (isNew) {
      this.#before = null;
      this.markLoading(this.dimension.name);
    } else {
      if (!view.isCompared) this.#before = null;
      this.redraw();
    }
  }

  subtitle() {
    const isApart = this.#view.filter && this.#view.filter.dimension.name !== this.dimension.name;
    return `${formatRange(this.#view.range)}${isApart ? `, all ${this.#view.filter.dimension.plural}` : ""}`;
  }

  render({ data }) {
    this.#isCut = data.length >= MAX_ROWS;
    this.#rows = data.map((row) => this.#item(row)).filter(({ downloads }) => downloads > 0);
    this.redraw();
  }

  receiveBefore({ data }) {
    this.#before = new Map(data.map((row) => [this.#keyOf(row), figuresOf(row, this.dimension)]));
    this.redraw();
  }

  /** The rows to show, of all. */
  matching(items) {
    return items;
  }

  #keyOf(row) {
    return JSON.stringify(this.dimension.keys.map((key) => row[key]));
  }

  #item(row) {
    const figures = figuresOf(row, this.dimension);
    return { ...figures, row, key: this.#keyOf(row), name: this.dimension.text(row), health: healthOf(figures) };
  }

  redraw() {
    if (!this.#view) return;
    const total = this.#rows.reduce((sum, { downloads }) => sum + downloads, 0);
    const failed = this.#rows.reduce((sum, item) => sum + (item.failed ?? 0), 0);
    const largest = Math.max(0, ...this.#rows.map(({ downloads }) => downloads));
    const items = this.matching(ordered(this.#rows, this.#view.orders[this.dimension.name], this.#before));
    updateKeyed(this.#list, this.#folding.visible(items, this.#isCut), (item) => item.key, () => this.#makeRow(),
      (row, item) => this.#updateRow(row, item, { total, failed, largest }));
  }

  #makeRow() {
    const button = element("button", { type: "button", class: "row" },
      element("span", { class: "badge" }), element("span", { class: "row-name" }), element("span", { class: "change" }),
      element("data", { class: "row-value" }), element("span", { class: "row-detail" }),
      element("span", { class: "bar", "aria-hidden": "true" }));
    const link = element("a", { class: "own-page" }, icon("forward"));
    const item = element("li", { class: "ranked" }, button, link);
    button.addEventListener("click", () => {
      const filter = item.isChosen ? null : { dimension: this.dimension, values: item.values };
      changeView(this, { filter, label: filter && item.label });
    });
    return item;
  }

  /** @param whole the sums of all rows, and their largest value. */
  #updateRow(item, { row, name, health, downloads, failed, successRate, speed, key }, whole) {
    const button = item.firstElementChild;
    const values = this.dimension.keys.map((column) => row[column]);
    const { filter } = this.#view;
    item.values = values.map(String);
    item.label = name;
    item.isChosen = filter?.dimension.name === this.dimension.name
      && filter.values.every((value, index) => value === item.values[index]);
    // A key without a value has no filter in this page's address.
    button.disabled = values.some((value) => value === null || value === undefined);
    button.setAttribute("aria-pressed", String(item.isChosen));
    button.dataset.level = health;
    button.title = item.isChosen ? "Show all again" : `Show only ${name}`;
    const badge = button.querySelector(".badge");
    setBadge(badge, health);
    button.querySelector(".row-name").textContent = name;
    const isByFailures = this.#view.orders[this.dimension.name] === "share" && whole.failed > 0;
    const details = [
      `${formatRate(successRate)} success`, `${formatShare(downloads / whole.total)} of all`,
      isByFailures ? `${formatShare((failed ?? 0) / whole.failed)} of failures`
        : speed === null ? `${formatCount(failed)} failed` : formatSpeed(speed),
    ];
    button.querySelector(".row-detail").textContent = details.join(" · ");
    const exact = (number) => `${formatExact(number)} downloads`;
    setNumber(button.querySelector(".row-value"), downloads, formatCount, exact);
    button.querySelector(".bar").style.setProperty("--share", whole.largest > 0 ? downloads / whole.largest : 0);
    this.#showChange(button.querySelector(".change"), { downloads, successRate }, this.#before?.get(key));
    const link = item.lastElementChild;
    link.href = ownPageOf(this.dimension, item.values, this.#view);
    link.setAttribute("aria-label", `${name} on its own page`);
    link.title = "Its own page";
  }

  #showChange(node, now, before) {
    node.hidden = !before || before.downloads === 0;
    if (node.hidden) return;
    const isSicker = isRateChange(now, before);
    const isReal = isSicker || isCountChange(now.downloads, before.downloads);
    node.textContent = isSicker ? formatPoints(now.successRate, before.successRate)
      : isReal ? formatChange(now.downloads, before.downloads) : "≈";
    node.dataset.tone = isSicker ? (now.successRate < before.successRate ? "bad" : "good") : "neutral";
    node.title = `${formatExact(before.downloads)} downloads, ${formatRate(before.successRate)} success `
      + "in the period before";
  }
}

const isRateChange = (now, before) => now.successRate !== null && before.successRate !== null
  && isShareChange({ share: now.successRate, of: now.downloads }, { share: before.successRate, of: before.downloads });

function ordered(items, order, before) {
  const change = ({ key, downloads }) => Math.abs(downloads - (before?.get(key)?.downloads ?? 0));
  const by = {
    most: (item) => item.downloads,
    share: (item) => item.failed ?? 0,
    change: (item) => (before ? change(item) : item.downloads),
    // The sick ones by how many it concerns, then the large ones.
    worst: (item) => (SEVERITY[item.health] ?? 0) * 1e12 + (SEVERITY[item.health] ? item.failed ?? 0 : item.downloads),
  }[order];
  return items.toSorted((left, right) => by(right) - by(left) || right.downloads - left.downloads);
}

/** The address of a key's own page, over the same range. */
export const ownPageOf = (dimension, values, { range, isCompared }) => pageOf({
  aggregate: dimension.relation, range, isCompared,
  filters: dimension.keys.map((column, index) => ({ column, value: values[index] })),
});
