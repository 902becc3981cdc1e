// <relation-head>: what is shown: the name, its comment, its stream and windows, and how far its rows reach.

import { element, setTime } from "../dom.js";
import { keyText } from "../measures.js";
import { formatAgo, formatFullTime, formatWindow } from "../format.js";

class RelationHead extends HTMLElement {
  #newest = element("time");
  #reach = element("span", { hidden: "" }, " · newest window began ", this.#newest);

  prepare({ relation, filters }) {
    const facts = [
      filters?.length > 0 ? `${filters.map(({ column }) => column).join(" and ")} of ${relation.name}` : null,
      relation.kind === "view" ? "view" : null, relation.stream ? `of ${relation.stream}` : null,
      relation.window ? formatWindow(relation.window) : null,
    ];
    this.#reach.hidden = true;
    this.replaceChildren(
      element("h2", {}, filters?.length > 0 ? filters.map(({ value }) => keyText(value)).join(" · ") : relation.name),
      element("p", { class: "hint" }, facts.filter(Boolean).join(" · "), this.#reach),
      element("p", {}, relation.comment));
  }

  receive({ newest }, { serverTime }) {
    const date = new Date(newest ?? NaN);
    this.#reach.hidden = Number.isNaN(date.getTime());
    if (!this.#reach.hidden) setTime(this.#newest, date, formatAgo(date, serverTime), formatFullTime(date));
  }

  markUnavailable() {}
}

customElements.define("relation-head", RelationHead);
