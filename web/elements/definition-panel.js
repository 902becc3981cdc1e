// <definition-panel>: where the figures come from: the definition's SQL, its columns, and how to ask for the rows.

import { element } from "../dom.js";
import { addressOf } from "../explore-view.js";

const CSV_ROWS = 10_000;

class DefinitionPanel extends HTMLElement {
  #shown = "";

  connectedCallback() {
    this.classList.add("card", "panel");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", "Definition");
  }

  show(view, questions) {
    const fingerprint = JSON.stringify([view.relation, questions]);
    if (fingerprint === this.#shown) return;
    this.#shown = fingerprint;
    const rows = questions.find((question) => question.name === "rows");
    const figures = questions.find((question) => question.name === "series" && question.path) ?? rows;
    const csv = addressOf(rows, { limit: CSV_ROWS, format: "csv" });
    this.replaceChildren(
      element("header", { class: "panel-head" },
        element("h2", {}, "Definition"),
        element("a", { class: "button end", href: csv, download: `${view.name}.csv` }, "Download CSV")),
      code("SQL", view.relation.sql),
      code("The chart, with curl", `curl '${addressOf(figures).replaceAll("'", "%27")}'`),
      code("The rows, with curl", `curl '${addressOf(rows).replaceAll("'", "%27")}'`),
      columns(view.relation));
  }
}

function code(title, text) {
  const copy = element("button", { type: "button", class: "button", "aria-label": `Copy: ${title}` }, "Copy");
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    copy.textContent = "Copied";
    setTimeout(() => { copy.textContent = "Copy"; }, 2000);
  });
  // Browsers give no clipboard to pages without TLS, but on the own machine.
  copy.hidden = !navigator.clipboard;
  return element("section", { class: "code" },
    element("header", { class: "panel-head" }, element("h3", {}, title), copy),
    element("pre", { tabindex: "0", role: "group", "aria-label": title }, element("code", {}, text)));
}

function columns(relation) {
  const rows = relation.columns.map((column) => element("tr", {},
    element("th", { scope: "row" }, column.name),
    element("td", {}, column.role),
    element("td", {}, column.nullable ? column.type : `${column.type}, never null`),
    element("td", { class: "wide" }, column.comment)));
  const head = ["Column", "Role", "Type", "Comment"].map((title) => element("th", { scope: "col" }, title));
  return element("details", {},
    element("summary", {}, `${relation.columns.length} columns`),
    element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Columns" },
      element("table", { class: "data" },
        element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...rows))));
}

customElements.define("definition-panel", DefinitionPanel);
