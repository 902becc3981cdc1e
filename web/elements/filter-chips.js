// <filter-chips>: what the page is narrowed to; a click takes one away.

import { changeView, element } from "../dom.js";

class FilterChips extends HTMLElement {
  connectedCallback() {
    this.classList.add("filters");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Filters");
    this.hidden = true;
  }

  /**
   * @param {{text: string, change: object, page?: string}[]} chips the change of view that takes one away, and the
   *   address of its own page.
   */
  show(chips) {
    const hadFocus = this.contains(document.activeElement);
    this.hidden = chips.length === 0;
    this.replaceChildren(...chips.flatMap(({ text, change, page }) => {
      const chip = element("button", { type: "button", class: "filter", "aria-label": `Remove the filter ${text}` },
        text, element("span", { "aria-hidden": "true" }, "✕"));
      chip.addEventListener("click", () =>
        changeView(this, change));
      return page ? [chip, element("a", { class: "filter", href: page }, "Open its page")] : [chip];
    }));
    // The chip that had the focus is gone: the keyboard goes on at the next one, or with the content.
    if (hadFocus) (this.firstElementChild ?? document.querySelector("main")).focus();
  }
}

customElements.define("filter-chips", FilterChips);
