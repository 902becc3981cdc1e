// <window-selector>: the look-backs as links to the hash that stands for each, and a range of the calendar. The rest of
// the hash stays. Fires "view-change" with {range}.

import { changeView, element } from "../dom.js";
import { formatMinutesBack, formatRange } from "../format.js";
import { icon } from "../icons.js";
import { LOOK_BACKS, isLookBack, parametersOf, writeRange } from "../range.js";

function label(minutes) {
  if (minutes % 1440 === 0) return `${minutes / 1440} d`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${minutes} min`;
}

class WindowSelector extends HTMLElement {
  #links = LOOK_BACKS.map((minutes) => element("a", { title: formatMinutesBack(minutes) }, label(minutes)));
  #summary = element("summary", {}, icon("calendar"), element("span", { class: "calendar-text" }, "Range"));
  #calendar = element("details", { class: "calendar" }, this.#summary);
  #from = element("input", { type: "datetime-local", name: "from", required: "" });
  #to = element("input", { type: "datetime-local", name: "to", required: "" });
  #problem = element("p", { role: "alert", class: "hint" });
  #lookBack = LOOK_BACKS[0];

  connectedCallback() {
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Range of time");
    const form = element("form", { class: "calendar-form card" },
      element("label", {}, "From", this.#from), element("label", {}, "To", this.#to), this.#problem,
      element("button", { type: "submit", class: "button" }, "Show"));
    form.addEventListener("submit", (event) => this.#choose(event));
    this.#calendar.append(form);
    this.#calendar.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      this.#calendar.open = false;
      this.#summary.focus();
    });
    document.addEventListener("click", (event) => {
      if (!this.#calendar.contains(event.target)) this.#calendar.open = false;
    });
    this.replaceChildren(element("div", { class: "look-backs" }, ...this.#links), this.#calendar);
    window.addEventListener("hashchange", () => this.#mark(this.#range));
  }

  #range = null;

  /** @param range what is shown now. */
  show(range) {
    this.#range = range;
    this.#mark(range);
  }

  #mark(range) {
    if (!range) return;
    if (isLookBack(range)) this.#lookBack = range.minutes;
    this.#links.forEach((link, index) => {
      const parameters = parametersOf(location.hash);
      writeRange({ minutes: LOOK_BACKS[index] }, parameters);
      link.setAttribute("href", `#${parameters}`);
      if (range.minutes === LOOK_BACKS[index]) {
        link.setAttribute("aria-current", "true");
      } else {
        link.removeAttribute("aria-current");
      }
    });
    this.#calendar.classList.toggle("current", !isLookBack(range));
    this.querySelector(".calendar-text").textContent = isLookBack(range) ? "Range" : formatRange(range);
    const now = Date.now();
    const { from, to } = isLookBack(range) ? { from: now - range.minutes * 60_000, to: now } : range;
    if (!this.#calendar.open) [this.#from.value, this.#to.value] = [local(from), local(to)];
  }

  #choose(event) {
    event.preventDefault();
    const [from, to] = [this.#from, this.#to].map((input) => new Date(input.value).getTime());
    if (!(from < to)) {
      this.#problem.textContent = "The range ends before it begins: choose a later end.";
      return;
    }
    this.#problem.textContent = "";
    this.#calendar.open = false;
    changeView(this, { range: { from, to } });
  }
}

/** As the input has it: minutes, in the reader's zone. */
function local(time) {
  const date = new Date(time);
  return new Date(time - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

customElements.define("window-selector", WindowSelector);
