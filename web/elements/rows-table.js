// <rows-table>: the newest rows as they are stored, with all columns. A click on a key narrows everything to it.

import { changeView, element } from "../dom.js";
import { filterValue, filtersWith } from "../explore-view.js";
import { formatClock, formatDayAndMinute, formatFullTime, formatRange } from "../format.js";
import { minutesIn } from "../range.js";
import { exactFormatOf, keyText, numbersOf } from "../measures.js";
import { DataPanel } from "./data-panel.js";

const SHOWN_ROWS = 50;
const DAY_MINUTES = 1440;

class RowsTable extends DataPanel {
  heading = "Newest rows";
  emptyText = "No rows in this range";
  emptyHint = "A window appears here with its first event. Choose a longer range, or take a filter away.";
  #head = element("thead");
  #body = element("tbody");
  #drawn = "";
  #view = null;

  // Scrollable, hence reachable by keyboard.
  build() {
    const table = element("table", { class: "data" }, this.#head, this.#body);
    return element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Newest rows" }, table);
  }

  prepare(view) {
    this.#view = view;
    this.#drawn = "";
    this.markLoading(view.name);
  }

  subtitle({ view }) {
    return view.relation.time ? formatRange(view.range) : "";
  }

  render({ data }) {
    const rows = data.slice(0, SHOWN_ROWS);
    const fingerprint = JSON.stringify(rows);
    if (fingerprint === this.#drawn) return;
    this.#drawn = fingerprint;
    const measures = new Set(numbersOf(this.#view.relation).map((column) => column.name));
    const columns = this.#view.relation.columns.filter((column) => column.name !== "updated_at");
    this.#head.replaceChildren(element("tr", {}, ...columns.map((column) => {
      const attributes = { scope: "col", title: column.comment || column.type };
      if (measures.has(column.name)) attributes.class = "number";
      return element("th", attributes, column.name);
    })));
    this.#body.replaceChildren(...rows.map((row) => element("tr", {}, ...columns.map((column) =>
      (measures.has(column.name)
        ? element("td", { class: "number" }, exactFormatOf(column)(row[column.name]))
        : element("td", {}, ...this.#cell(column, row[column.name])))))));
  }

  #cell(column, value) {
    if (column.type.startsWith("timestamp") && value) {
      const date = new Date(value);
      const format = minutesIn(this.#view.range) > DAY_MINUTES / 2 ? formatDayAndMinute : formatClock;
      return [element("time", { datetime: date.toISOString(), title: formatFullTime(date) }, format(date))];
    }
    if (column.role === "key") return [this.#keyButton(column.name, value)];
    return [value === null || value === undefined ? "—" : keyText(value)];
  }

  #keyButton(column, value) {
    const text = keyText(value);
    const button = element("button", { type: "button", class: "cell", title: `Show only ${column}: ${text}` }, text);
    button.addEventListener("click", () => {
      const filters = filtersWith(this.#view, column, filterValue(value));
      changeView(this, { filters });
    });
    return button;
  }
}

customElements.define("rows-table", RowsTable);
