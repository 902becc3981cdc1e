// <empty-guide>: shown while no event has ever come: which broker and topics are read, and what sends the first events.

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
    // What the generator makes when nothing else is said.
    const isMadeUp = streams.some(({ name }) => name === "content_downloads");
    const topics = streams.map(({ topic }) => topic).join(", ");
    this.#text.textContent = `StreamPulse reads ${streams.length === 1 ? "the topic" : "the topics"} ${topics}`
      + `${broker ? ` of the broker ${broker}` : ""}, and nothing has come. ${isMadeUp ? "Send events there, or made-up ones:"
        : "Send events there, for example the lines of a file, or give the project its demo load (event-generator --help):"}`;
    this.#code.textContent = `${broker ? `KAFKA_BOOTSTRAP_SERVERS=${broker} ` : ""}event-generator ${isMadeUp ? "--rate 100"
      : `replay FILE --format json-lines --topic ${streams[0].topic}`}`;
  }
}

customElements.define("empty-guide", EmptyGuide);
