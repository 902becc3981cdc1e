// <aggregate-panels>: under `streampulse dev`, a panel for each aggregate that no endpoint of the project reads: the course
// of its first number over the windows, and its newest rows.

import { requestRows } from "../api.js";
import { element, updateKeyed } from "../dom.js";
import { drawSparkline, makeSparkline } from "../sparkline.js";

const SHOWN_ROWS = 5;
const SHOWN_WINDOWS = 60;

class AggregatePanels extends HTMLElement {
  #isAsking = false;

  connectedCallback() {
    this.hidden = true;
  }

  /** @param definitions of the health report; null: nobody works on them. */
  async show(definitions) {
    const charts = definitions?.charts ?? [];
    this.hidden = charts.length === 0;
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      const answers = await Promise.all(charts.map(async (chart) => ({ chart, rows: await requestRows(chart.path) })));
      updateKeyed(this, answers, ({ chart }) => chart.name, () => new AggregatePanel(), (panel, { chart, rows }) => {
        if (rows) panel.render(chart, rows);
      });
    } finally {
      this.#isAsking = false;
    }
  }
}

class AggregatePanel extends HTMLElement {
  #title = element("h2");
  #subtitle = element("span", { class: "panel-subtitle" });
  #sparkline = makeSparkline();
  #table = element("table", { class: "newest-rows" });
  #empty = element("p", { class: "hint" }, "No rows yet.");

  connectedCallback() {
    if (this.#title.isConnected) return;
    this.classList.add("card", "panel");
    this.setAttribute("role", "region");
    this.replaceChildren(
      element("header", { class: "panel-head" }, this.#title, this.#subtitle), this.#empty,
      element("div", { class: "newest-rows-frame" }, this.#table), this.#sparkline);
  }

  render({ name, title, measure }, rows) {
    this.setAttribute("aria-label", name);
    this.#title.textContent = name;
    this.#subtitle.textContent = measure ? `${title} The line is ${measure}.` : title;
    this.#empty.hidden = rows.length > 0;
    drawSparkline(this.#sparkline, measure ? courseOf(rows, measure) : []);
    const columns = Object.keys(rows[0] ?? {});
    const cells = (tag, values) => element("tr", {}, ...values.map((value) => element(tag, {}, textOf(value))));
    this.#table.replaceChildren(
      cells("th", columns),
      ...rows.slice(0, SHOWN_ROWS).map((row) => cells("td", columns.map((column) => row[column]))));
  }
}

function textOf(value) {
  if (value === null || value === undefined) return "–";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

// The rows are the newest first; of each window all keys together.
function courseOf(rows, measure) {
  const sums = new Map();
  for (const row of rows) {
    const value = Number(row[measure]);
    if (Number.isFinite(value)) sums.set(row.window_start, (sums.get(row.window_start) ?? 0) + value);
  }
  return [...sums.values()].slice(0, SHOWN_WINDOWS).reverse();
}

customElements.define("aggregate-panel", AggregatePanel);
customElements.define("aggregate-panels", AggregatePanels);
