// Figures as a table that can be scrolled, hence reached by keyboard.

import { element } from "./dom.js";

/**
 * @param {string} label what it is, for screen readers.
 * @param {string[]} titles of the columns.
 * @param body its tbody.
 */
export function dataTable(label, titles, body) {
  const head = titles.map((title) => element("th", { scope: "col" }, title));
  return element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": label },
    element("table", { class: "data" }, element("thead", {}, element("tr", {}, ...head)), body));
}

/** A row whose first cell says what it is about. */
export const dataRow = (name, ...cells) =>
  element("tr", {}, element("th", { scope: "row" }, name), ...cells.map((cell) => element("td", {}, cell)));
