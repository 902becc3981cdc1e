// <dead-letters>: how many records could not be processed, by why, and how to look at them and process them again. What is
// in them is not for everybody who may see this page: the commands show it.

import { element } from "../dom.js";
import { formatExact } from "../format.js";
import { codeBlock } from "./code-block.js";
import { DataPanel } from "./data-panel.js";

class DeadLetters extends DataPanel {
  heading = "Dead letters";
  emptyText = "No dead letters";
  emptyHint = "Every record so far has been an event.";
  #body = element("tbody");

  build() {
    const head = ["Stream", "Reason", "Of the aggregate", "Not replayed", "In all", "For example"];
    return element("div", {},
      element("div", { class: "scroller", tabindex: "0", role: "group", "aria-label": "Dead letters" },
        element("table", { class: "data" }, element("thead", {}, element("tr", {}, ...head.map((title) => element("th", { scope: "col" }, title)))),
          this.#body)),
      codeBlock("Look at them, and at their bytes", "streampulse dead-letters list\nstreampulse dead-letters show ID"),
      codeBlock("Process them again, when the cause is mended", "streampulse dead-letters replay"));
  }

  render({ data }) {
    this.#body.replaceChildren(...data.map((row) => element("tr", {},
      element("th", { scope: "row" }, row.stream), element("td", {}, row.code), element("td", {}, row.aggregate ?? "—"),
      element("td", {}, formatExact(row.open_letters)), element("td", {}, formatExact(row.letters)), element("td", {}, row.example ?? "—"))));
  }
}

customElements.define("dead-letters", DeadLetters);
