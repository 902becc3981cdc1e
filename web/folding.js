// The tail of a long list, folded behind a button.

import { element } from "./dom.js";
import { formatExact } from "./format.js";

const FOLDED_ROWS = 5;

export class Folding {
  button = element("button", { type: "button", class: "button more", "aria-expanded": "false", hidden: "" });
  #isUnfolded = false;
  #foldedRows;

  /**
   * @param onToggle called when the list has to be drawn anew.
   * @param foldedRows how many are shown while the rest is folded.
   */
  constructor(onToggle, foldedRows = FOLDED_ROWS) {
    this.#foldedRows = foldedRows;
    this.button.addEventListener("click", () => {
      this.#isUnfolded = !this.#isUnfolded;
      onToggle();
    });
  }

  /**
   * Those of `items` to show. The button says how many there are, and hides when there is nothing to fold.
   * @param isCut whether there may be more, which were not asked for.
   */
  visible(items, isCut = false) {
    this.button.hidden = items.length <= this.#foldedRows;
    this.button.setAttribute("aria-expanded", String(this.#isUnfolded));
    this.button.textContent = this.#isUnfolded ? "Show fewer"
      : `Show ${isCut ? "the first" : "all"} ${formatExact(items.length)}`;
    return this.#isUnfolded ? items : items.slice(0, this.#foldedRows);
  }
}
