// <overview-source>: how to ask the API for what each part of the page shows.

import { element } from "../dom.js";
import { addressOf } from "../explore-view.js";
import { codeBlock } from "./code-block.js";

const TITLES = {
  totals: "The cards", series: "The chart", region: "The regions", title: "The titles", device: "The devices",
  unique: "Unique titles",
};

class OverviewSource extends HTMLElement {
  #details = element("details", {}, element("summary", {}, "Where these figures come from"));
  #shown = "";

  connectedCallback() {
    this.classList.add("card", "source-panel");
    this.replaceChildren(this.#details);
  }

  /** @param questions that are polled. */
  show(questions) {
    const asked = questions.filter(({ name, path }) => path && TITLES[name]);
    const fingerprint = JSON.stringify(asked.map(({ path, query }) => [path, query]));
    if (fingerprint === this.#shown) return;
    this.#shown = fingerprint;
    const [summary] = this.#details.children;
    const paths = asked.map(({ path }) => path).filter((path) => path.startsWith("/api/aggregates/"));
    const relations = [...new Set(paths.map((path) => path.split("/").at(-1)))];
    const linkOf = (name) => element("a", { href: `/explore.html#${new URLSearchParams({ of: name })}` }, name);
    this.#details.replaceChildren(summary,
      element("p", { class: "hint" }, "The SQL is on the pages of ",
        ...relations.flatMap((name, index) => [index > 0 ? ", " : "", linkOf(name)]), "."),
      ...asked.map((question) => codeBlock(
        `${TITLES[question.name]}, with curl`, `curl '${addressOf(question).replaceAll("'", "%27")}'`)));
  }
}

customElements.define("overview-source", OverviewSource);
