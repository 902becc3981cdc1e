// <pipeline-ledger>: what was read of each partition, and whether its ledger adds up: every offset is a record that was
// counted, or one that the broker is known not to have.

import { dataRow, dataTable } from "../data-table.js";
import { element } from "../dom.js";
import { formatExact } from "../format.js";
import { badge } from "../icons.js";
import { codeBlock } from "./code-block.js";
import { DataPanel } from "./data-panel.js";

const CLAIMS = [
  ["is_contiguous", "its ranges do not follow upon each other"],
  ["adds_up", "offsets are neither counted nor known to be missing"],
  ["ends_at_progress", "it does not end where the processors are"],
];

class PipelineLedger extends DataPanel {
  heading = "Ledger";
  skeletonRows = 3;
  emptyText = "Nothing was read yet";
  emptyHint = "With the first transaction each partition has its entries.";
  #body = element("tbody");

  build() {
    const titles = ["Stream", "Partition", "Offsets", "Records", "Dead", "Missing in Kafka", "Adds up"];
    return element("div", {},
      dataTable("Ledger", titles, this.#body),
      codeBlock("The whole proof, with the rows of every aggregate", "streampulse verify"));
  }

  render({ data }) {
    this.#body.replaceChildren(...data.map((row) => {
      const broken = CLAIMS.filter(([claim]) => row[claim] === false).map(([, text]) => text);
      return dataRow(
        row.stream, `${row.topic} ${row.partition}`, `${formatExact(row.first_offset)} – ${formatExact(row.next_offset - 1)}`,
        formatExact(row.consumed), formatExact(row.dead), formatExact(row.missing),
        broken.length === 0 ? badge("healthy", "Yes") : badge("critical", `No: ${broken.join("; ")}`));
    }));
  }
}

customElements.define("pipeline-ledger", PipelineLedger);
