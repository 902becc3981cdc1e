// <filter-chips>: the keys' values that rows are narrowed to; a click takes one away.

import { element } from "../dom.js";
import { keyText } from "../measures.js";

class FilterChips extends HTMLElement {
  connectedCallback() {
    this.classList.add("filters");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Filters");
  }

  show(view) {
    const hadFocus = this.contains(document.activeElement);
    this.hidden = view.filters.length === 0;
    this.replaceChildren(...view.filters.map(({ column, value }) => {
      const text = `${column}: ${keyText(value)}`;
      const chip = element("button", { type: "button", class: "filter", "aria-label": `Remove the filter ${text}` },
        text, element("span", { "aria-hidden": "true" }, "✕"));
      chip.addEventListener("click", () => {
        const filters = view.filters.filter((filter) => filter.column !== column);
        this.dispatchEvent(new CustomEvent("view-change", { bubbles: true, detail: { filters } }));
      });
      return chip;
    }));
    // The chip that had the focus is gone: the keyboard goes on at the next one, or with the content.
    if (hadFocus) (this.firstElementChild ?? document.querySelector("main")).focus();
  }
}

customElements.define("filter-chips", FilterChips);
