// <empty-guide>: shown while no event has ever come: which broker and topic are read, and what sends the first events.

import { element } from "../dom.js";

class EmptyGuide extends HTMLElement {
  #text = element("p");
  #code = element("code");

  connectedCallback() {
    this.classList.add("card", "guide");
    this.hidden = true;
    this.replaceChildren(
      element("h2", {}, "No events yet"), this.#text,
      element("pre", { tabindex: "0", role: "group", "aria-label": "Command" }, this.#code),
      element("p", { class: "hint" }, "The figures appear here with the first event."));
  }

  /** @param report the health report. */
  show({ streams, parts, newestEventAge, problems }) {
    this.hidden = newestEventAge !== null || problems.length > 0 || streams.length === 0;
    if (this.hidden) return;
    const broker = /^[^\s;]+:\d+/.exec(parts.broker?.detail ?? "")?.[0] ?? null;
    const topics = streams.map(({ topic }) => topic).join(", ");
    this.#text.textContent = `StreamPulse reads ${streams.length === 1 ? "the topic" : "the topics"} ${topics}`
      + `${broker ? ` of the broker ${broker}` : ""}, and nothing has come. Send events there, or made-up ones:`;
    this.#code.textContent = `${broker ? `KAFKA_BOOTSTRAP_SERVERS=${broker} ` : ""}event-generator --rate 100`;
  }
}

customElements.define("empty-guide", EmptyGuide);
