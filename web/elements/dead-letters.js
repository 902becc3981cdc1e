// <dead-letters>: how many records could not be processed, by why, and how to look at them and process them again. What
// is in them is not for everybody who may see this page: the commands show it.

import { dataRow, dataTable } from "../data-table.js";
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
    const titles = ["Stream", "Reason", "Of the aggregate", "Not replayed", "In all", "For example"];
    return element("div", {},
      dataTable("Dead letters", titles, this.#body),
      codeBlock("Look at them, and at their bytes", "streampulse dead-letters list\nstreampulse dead-letters show ID"),
      codeBlock("Process them again, when the cause is mended", "streampulse dead-letters replay"));
  }

  render({ data }) {
    this.#body.replaceChildren(...data.map((row) => dataRow(
      row.stream, row.code, row.aggregate ?? "—", formatExact(row.open_letters), formatExact(row.letters),
      row.example ?? "—")));
  }
}

customElements.define("dead-letters", DeadLetters);
