// The row that the lists share: name, details below it, a number on the right, and a bar for its share of the largest.

import { element, setNumber } from "./dom.js";
import { formatCount, formatExact } from "./format.js";

/** @param mark the node before the name, e.g. a rank. */
export function makeRow(mark) {
  return element("li", { class: "row" },
    mark,
    element("span", { class: "row-name" }),
    element("data", { class: "row-value" }),
    element("span", { class: "row-detail" }),
    element("span", { class: "bar", "aria-hidden": "true" }));
}

/** @param details texts to stand side by side below the name. */
export function updateRow(row, { name, details, value, largest }) {
  const nameNode = row.querySelector(".row-name");
  nameNode.textContent = name;
  nameNode.title = name;
  row.querySelector(".row-detail").textContent = details.join(" · ");
  setNumber(row.querySelector(".row-value"), value, formatCount, (number) => `${formatExact(number)} downloads`);
  row.querySelector(".bar").style.setProperty("--share", largest > 0 ? value / largest : 0);
}
