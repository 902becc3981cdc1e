// <relation-list>: the project's aggregates and views, as links to the hash that shows each.

import { element, updateKeyed } from "../dom.js";
import { formatClock } from "../format.js";

const GROUPS = [["aggregate", "Aggregates"], ["view", "Views"]];

class RelationList extends HTMLElement {
  #lists = new Map(GROUPS.map(([kind]) => [kind, element("ul", { class: "relations" })]));
  #message = element("p", { class: "hint", hidden: "" });
  #skeleton = element("div", { class: "panel-skeleton", "aria-hidden": "true" });

  connectedCallback() {
    this.setAttribute("role", "navigation");
    this.setAttribute("aria-label", "Aggregates and views");
    this.setAttribute("aria-busy", "true");
    for (let row = 0; row < 4; row += 1) this.#skeleton.append(element("div", { class: "skeleton" }));
    this.replaceChildren(
      ...GROUPS.flatMap(([kind, title]) => [
        element("h2", { class: "relations-title", hidden: "", "data-kind": kind }, title), this.#lists.get(kind)]),
      this.#skeleton, this.#message);
  }

  /** @param view what is shown now; null: nothing. */
  show(relations, view) {
    this.removeAttribute("aria-busy");
    this.#skeleton.hidden = true;
    this.#message.hidden = true;
    for (const [kind, list] of this.#lists) {
      const items = relations.filter((relation) => relation.kind === kind);
      this.querySelector(`[data-kind=${kind}]`).hidden = items.length === 0;
      updateKeyed(list, items, (item) => item.name, makeRow, (row, item) => updateRow(row, item, view));
    }
    const current = this.querySelector("[aria-current]");
    // In a line that is scrolled sideways; the page itself stays where it is.
    if (current) this.scrollLeft = current.offsetLeft - this.offsetLeft - (this.clientWidth - current.offsetWidth) / 2;
  }

  markUnavailable(since, error) {
    if (this.#skeleton.hidden) return;
    this.#message.hidden = false;
    this.#message.textContent = error?.kind === "missing"
      ? "This server does not list what the project defines."
      : `The API has not answered since ${formatClock(since)}.`;
  }
}

const makeRow = () =>
  element("li", {}, element("a", {}, element("span", { class: "relation-name" }), element("span", { class: "hint" })));

function updateRow(row, relation, view) {
  const link = row.firstElementChild;
  const parameters = new URLSearchParams({ of: relation.name });
  link.setAttribute("href", `#${parameters}`);
  link.firstElementChild.textContent = relation.name;
  link.lastElementChild.textContent = relation.comment.split("\n")[0];
  if (relation === view?.relation) {
    link.setAttribute("aria-current", "true");
  } else {
    link.removeAttribute("aria-current");
  }
}

customElements.define("relation-list", RelationList);
