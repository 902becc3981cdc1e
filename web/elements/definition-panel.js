// <definition-panel>: where the figures come from: the definition's SQL, its columns, and how to ask for the rows.

import { saveAnswer } from "../api.js";
import { element } from "../dom.js";
import { addressOf } from "../explore-view.js";
import { storedToken } from "../token.js";
import { codeBlock } from "./code-block.js";

const CSV_ROWS = 10_000;

class DefinitionPanel extends HTMLElement {
  #shown = "";
  #problem = element("p", { class: "panel-note", role: "alert", hidden: "" });

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
    this.replaceChildren(
      element("header", { class: "panel-head" },
        element("h2", {}, "Definition"),
        this.#csvLink(addressOf(rows, { limit: CSV_ROWS, format: "csv" }), `${view.name}.csv`)),
      this.#problem,
      codeBlock("SQL", view.relation.sql),
      codeBlock("The chart, with curl", `curl '${addressOf(figures).replaceAll("'", "%27")}'`),
      codeBlock("The rows, with curl", `curl '${addressOf(rows).replaceAll("'", "%27")}'`),
      columns(view.relation));
  }

  #csvLink(address, fileName) {
    const link = element("a", { class: "button end", href: address, download: fileName }, "Download CSV");
    link.addEventListener("click", async (event) => {
      if (storedToken() === null) return;
      event.preventDefault();
      this.#problem.hidden = true;
      try {
        await saveAnswer(address, fileName);
      } catch (error) {
        this.#problem.textContent = `Not saved. ${error.message}`;
        this.#problem.hidden = false;
      }
    });
    return link;
  }
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
