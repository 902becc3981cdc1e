// <state-choice>: which alerts are shown. Fires "view-change" with {state}.

import { STATES } from "../alerts-view.js";
import { changeView, element } from "../dom.js";

const LABELS = { open: "Open", acknowledged: "Acknowledged", all: "All" };

class StateChoice extends HTMLElement {
  connectedCallback() {
    this.classList.add("choices");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "State");
    this.replaceChildren(...STATES.map((state) => {
      const button = element("button", { type: "button", class: "filter", "data-choice": state }, LABELS[state]);
      button.addEventListener("click", () =>
        changeView(this, { state }));
      return button;
    }));
  }

  show(state) {
    for (const button of this.children) button.setAttribute("aria-pressed", String(button.dataset.choice === state));
  }
}

customElements.define("state-choice", StateChoice);
