// <measure-cards>: each result over all of the range; the one that is chosen is what chart and list show.

import { element, setNumber, updateKeyed } from "../dom.js";
import { formatClock, formatMinutesBack } from "../format.js";
import { exactFormatOf, formatOf, labelOf } from "../measures.js";

class MeasureCards extends HTMLElement {
  #view = null;

  connectedCallback() {
    this.classList.add("cards");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Results");
  }

  prepare(view) {
    this.#view = view;
    this.toggleAttribute("data-waiting", true);
    updateKeyed(this, view.measures, (column) => `${view.name} ${column.name}`, () => this.#make(), (card, column) => {
      card.dataset.measure = column.name;
      card.title = column.comment;
      card.querySelector(".stat-label").textContent = labelOf(column);
      card.setAttribute("aria-pressed", String(column === view.measure));
      card.querySelector(".stat-foot").textContent = formatMinutesBack(view.minutes);
    });
  }

  receive({ data }) {
    for (const column of this.#view.measures) {
      const node = [...this.children].find((card) => card.dataset.measure === column.name)?.querySelector("data");
      if (!node) continue;
      node.classList.remove("skeleton");
      const value = data[0]?.[column.name] ?? (column.role === "count" ? 0 : null);
      setNumber(node, value, formatOf(column), exactFormatOf(column));
    }
    this.removeAttribute("data-waiting");
    this.dataset.state = data.length === 0 ? "empty" : "ready";
  }

  markUnavailable(since) {
    // Values of another question would be taken for the answer to this one.
    if (this.hasAttribute("data-waiting")) {
      for (const node of this.querySelectorAll("data")) node.classList.add("skeleton");
    }
    for (const node of this.querySelectorAll("data.skeleton")) {
      node.classList.remove("skeleton");
      node.textContent = "—";
      node.title = `no data since ${formatClock(since)}`;
    }
  }

  #make() {
    const card = element("button", { type: "button", class: "card measure" },
      element("span", { class: "stat-label" }), element("data", { class: "stat-value skeleton" }),
      element("span", { class: "stat-foot" }));
    card.addEventListener("click", () => {
      const measure = this.#view.measures.find((column) => column.name === card.dataset.measure);
      this.dispatchEvent(new CustomEvent("view-change", { bubbles: true, detail: { measure } }));
    });
    return card;
  }
}

customElements.define("measure-cards", MeasureCards);
