// <window-selector choices="5 15 60">: the look-back, as links to the hash that stands for it. The rest of the hash
// stays.

import { element } from "../dom.js";
import { formatMinutesBack } from "../format.js";

const CHOICES = [5, 15, 60];

const parametersOf = (hash) => new URLSearchParams(hash.replace(/^#/, ""));

/** The look-back in minutes that a location's hash asks for; the default when it asks for none that is offered. */
export function minutesOf(hash, choices = CHOICES, otherwise = choices[0]) {
  const minutes = Number(parametersOf(hash).get("minutes"));
  return choices.includes(minutes) ? minutes : otherwise;
}

// In one unit as long as all fit in it.
function label(minutes, choices) {
  if (Math.max(...choices) <= 60) return `${minutes} min`;
  if (minutes % 1440 === 0) return `${minutes / 1440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

class WindowSelector extends HTMLElement {
  #choices = CHOICES;
  #otherwise = CHOICES[0];

  connectedCallback() {
    if (this.hasAttribute("choices")) this.#choices = this.getAttribute("choices").split(" ").map(Number);
    this.#otherwise = this.#choices[0];
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Look-back");
    this.replaceChildren(...this.#choices.map((minutes) =>
      element("a", { title: formatMinutesBack(minutes) }, label(minutes, this.#choices))));
    window.addEventListener("hashchange", this.#mark);
    this.#mark();
  }

  disconnectedCallback() {
    window.removeEventListener("hashchange", this.#mark);
  }

  get choices() {
    return this.#choices;
  }

  /** What counts where the hash asks for nothing. */
  set otherwise(minutes) {
    this.#otherwise = minutes;
    this.#mark();
  }

  #mark = () => {
    const current = this.#choices.indexOf(minutesOf(location.hash, this.#choices, this.#otherwise));
    [...this.children].forEach((link, index) => {
      const parameters = parametersOf(location.hash);
      parameters.set("minutes", this.#choices[index]);
      link.setAttribute("href", `#${parameters}`);
      if (index === current) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
  };
}

customElements.define("window-selector", WindowSelector);
