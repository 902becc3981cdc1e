// <compare-toggle>: whether the period before is shown beside; the key c does the same. Fires "view-change" with
// {isCompared}.

import { rememberComparison } from "../comparison.js";
import { changeView, element } from "../dom.js";
import { icon } from "../icons.js";

class CompareToggle extends HTMLElement {
  #button = element("button", {
    type: "button", class: "button toggle", "aria-pressed": "false", "aria-keyshortcuts": "c",
    title: "Show the period before beside (key c)",
  }, icon("compare"), element("span", {}, "Compare"));

  connectedCallback() {
    this.#button.addEventListener("click", () => this.#toggle());
    this.replaceChildren(this.#button);
    document.addEventListener("keydown", (event) => {
      const isTyping = event.target.closest?.("input, select, textarea, [contenteditable]");
      if (event.key !== "c" || event.ctrlKey || event.metaKey || event.altKey || isTyping || this.hidden) return;
      this.#toggle();
    });
  }

  show(isOn) {
    this.#button.setAttribute("aria-pressed", String(isOn));
  }

  #toggle() {
    const isCompared = this.#button.getAttribute("aria-pressed") !== "true";
    rememberComparison(isCompared);
    changeView(this, { isCompared });
  }
}

customElements.define("compare-toggle", CompareToggle);
