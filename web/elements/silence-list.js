// <silence-list>: the silences that go on: of which alerts, until when, and a button that ends each. Fires
// "alerts-changed".

import { endSilence } from "../actions.js";
import { element, updateKeyed } from "../dom.js";
import { formatDayAndMinute } from "../format.js";
import { DataPanel } from "./data-panel.js";

class SilenceList extends DataPanel {
  heading = "Silences";
  emptyText = "Nothing is silenced";
  skeletonRows = 1;
  #list = element("ul", { class: "silences" });

  build() {
    return this.#list;
  }

  render({ data }) {
    updateKeyed(this.#list, data, ({ id }) => id, () => this.#makeRow(), (row, silence) => {
      row.silence = silence;
      const what = Object.entries(silence.matcher ?? {}).map(([name, value]) => `${name}: ${value}`).join(" · ");
      row.querySelector(".row-name").textContent = what || "All alerts";
      row.querySelector(".row-detail").textContent = [
        `until ${formatDayAndMinute(new Date(silence.ends_at))}`, silence.created_by && `by ${silence.created_by}`,
        silence.comment].filter(Boolean).join(" · ");
      row.querySelector("button").setAttribute("aria-label", `End the silence of ${what || "all alerts"}`);
    });
  }

  #makeRow() {
    const button = element("button", { type: "button", class: "button" }, "End");
    const problem = element("p", { class: "hint", role: "alert" });
    const row = element("li", { class: "silence" }, element("span", { class: "row-name" }), button,
      element("span", { class: "row-detail" }), problem);
    button.addEventListener("click", async () => {
      button.disabled = true;
      try {
        await endSilence(row.silence);
        this.dispatchEvent(new CustomEvent("alerts-changed", { bubbles: true }));
      } catch (error) {
        problem.textContent = error.message;
      }
      button.disabled = false;
    });
    return row;
  }
}

customElements.define("silence-list", SilenceList);
