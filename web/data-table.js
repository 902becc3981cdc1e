// Figures as a table that can be scrolled, hence reached by keyboard.

import { element } from "./dom.js";
import { timeFormatOf } from "./format.js";

/**
 * @param {string} label what it is, for screen readers.
 * @param {string[]} titles of the columns.
 * @param body its tbody.
 */
export function dataTable(label, titles, body) {
  const head = titles.map((title) => element("th", { scope: "col" }, title));
  return scroller(label,
    element("table", { class: "data" }, element("thead", {}, element("tr", {}, ...head)), body));
}

/** A row whose first cell says what it is about. */
export const dataRow = (name, ...cells) =>
  element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)));

/** What may be larger than its place: it scrolls, hence is reached by keyboard. */
export const scroller = (label, ...children) =>
  element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": label }, ...children);

/** The figures of charts over time, folded; the newest row first. */
export class Figures {
  #table = element("table", { class: "data" });
  node;

  constructor(label) {
    this.node = element("details", {}, element("summary", {}, "Show the figures"), scroller(label, this.#table));
  }

  /**
   * @param names of the columns behind that of the times.
   * @param {(row: number) => string[]} cellsOf the texts of a row, by its index.
   */
  fill({ times, isRunning }, names, cellsOf, caption = null) {
    if (!this.node.open) return;
    const text = timeFormatOf(times);
    this.#table.replaceChildren(
      ...(caption === null ? [] : [element("caption", { class: "visually-hidden" }, caption)]),
      element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "From"),
        ...names.map((name) => element("th", { scope: "col", class: "number" }, name)))),
      element("tbody", {}, ...times.map((time, row) => element("tr", {},
        element("th", { scope: "row" }, text(time), isRunning[row] ? " (not complete)" : ""),
        ...cellsOf(row).map((cell) => element("td", { class: "number" }, String(cell))))).reverse()));
  }
}
