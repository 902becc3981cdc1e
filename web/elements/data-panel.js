// What all panels share: heading, and one of four states — loading (skeleton), ready, empty, unavailable.

import { element } from "../dom.js";
import { formatClock } from "../format.js";

const SKELETON_ROWS = 5;

/**
 * A subclass names itself (`heading`, `emptyText`, `emptyHint`), builds its content once (`build`), and shows an
 * answer (`render`) when it is not empty (`isEmpty`). What `render` shows stays when later requests fail.
 */
export class DataPanel extends HTMLElement {
  heading = "";
  emptyText = "";
  emptyHint = "";
  skeletonRows = SKELETON_ROWS;
  #content;
  #kind = null;
  #message = element("div", { class: "panel-message", hidden: "" });
  #subtitle = element("span", { class: "panel-subtitle" });
  #note = element("p", { class: "panel-note", hidden: "" });
  #skeleton = element("div", { class: "panel-skeleton", "aria-hidden": "true" });

  connectedCallback() {
    if (this.#content) return;
    this.#content = this.build();
    this.#content.hidden = true;
    for (let row = 0; row < this.skeletonRows; row += 1) this.#skeleton.append(element("div", { class: "skeleton" }));
    this.classList.add("card", "panel");
    this.setAttribute("role", "region");
    this.setAttribute("aria-label", this.heading);
    this.setAttribute("aria-busy", "true");
    this.replaceChildren(
      element("header", { class: "panel-head" },
        element("h2", {}, this.heading), this.#subtitle, ...this.headExtras()),
      this.#note, this.#skeleton, this.#message, this.#content);
    this.#setState("loading");
  }

  /** The node that holds the content. */
  build() {
    return element("div");
  }

  /** Nodes for the right end of the heading. */
  headExtras() {
    return [];
  }

  subtitle() {
    return "";
  }

  isEmpty(answer) {
    return answer.data.length === 0;
  }

  render() {}

  receive(answer, context) {
    const isEmpty = this.isEmpty(answer);
    this.#subtitle.textContent = this.subtitle(context);
    this.#note.hidden = true;
    this.#setState(isEmpty ? "empty" : "ready");
    if (isEmpty) this.#showMessage(this.emptyText, this.emptyHint);
    this.render(answer, context);
  }

  /** Names a panel anew whose content has changed as a whole. */
  setHeading(text) {
    this.heading = text;
    this.setAttribute("aria-label", text);
    this.querySelector("h2").textContent = text;
  }

  /**
   * Another question was asked: what is shown answers it no longer.
   * @param kind what it is about. The answer to another question of the same kind stays until the new one comes,
   *   dimmed.
   */
  markLoading(kind = null) {
    const isAlike = kind !== null && kind === this.#kind && this.dataset.state === "ready";
    this.#kind = kind;
    this.#note.hidden = true;
    if (!isAlike) this.#setState("loading");
    this.toggleAttribute("data-waiting", isAlike);
    if (isAlike) this.setAttribute("aria-busy", "true");
  }

  /** The last request failed, and all before it back to `since`. */
  markUnavailable(since, error) {
    const isWaiting = this.hasAttribute("data-waiting");
    if (isWaiting || this.dataset.state === "loading" || this.dataset.state === "unavailable") {
      this.#setState("unavailable");
      // What the API has answered says more than that it has no data.
      this.#showMessage(
        "No data yet",
        error?.kind === "status" ? error.message : `The API has not answered since ${formatClock(since)}.`);
      return;
    }
    this.#note.hidden = false;
    this.#note.textContent = `Not updated since ${formatClock(since)}`;
  }

  /** The project defines nothing that this could show. */
  showMissing() {
    this.#setState("empty");
    this.#showMessage("Not defined here", "The project has no endpoint that this panel asks.");
  }

  #showMessage(text, hint) {
    this.#message.replaceChildren(element("p", {}, text), element("p", { class: "hint" }, hint));
  }

  #setState(state) {
    this.dataset.state = state;
    this.removeAttribute("data-waiting");
    this.setAttribute("aria-busy", String(state === "loading"));
    this.#skeleton.hidden = state !== "loading";
    this.#message.hidden = state === "loading" || state === "ready";
    this.#content.hidden = state !== "ready";
  }
}
