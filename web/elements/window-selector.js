// <window-selector>: the look-back of cards and lists, as links to the hash that stands for it.

import { element } from "../dom.js";
import { formatMinutesBack } from "../format.js";

const CHOICES = [5, 15, 60];

/** The look-back in minutes that a location's hash asks for; the first choice when it asks for none we offer. */
export function minutesOf(hash) {
  const minutes = Number(new URLSearchParams(hash.replace(/^#/, "")).get("minutes"));
  return CHOICES.includes(minutes) ? minutes : CHOICES[0];
}

class WindowSelector extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Look-back");
    this.replaceChildren(...CHOICES.map((minutes) =>
      element("a", { href: `#minutes=${minutes}`, title: formatMinutesBack(minutes) }, `${minutes} min`)));
    window.addEventListener("hashchange", this.#mark);
    this.#mark();
  }

  disconnectedCallback() {
    window.removeEventListener("hashchange", this.#mark);
  }

  #mark = () => {
    const current = CHOICES.indexOf(minutesOf(location.hash));
    [...this.children].forEach((link, index) => {
      if (index === current) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
  };
}

customElements.define("window-selector", WindowSelector);
