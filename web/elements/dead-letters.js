// <dead-letters>: how many records could not be processed, by why; for who may, a look at each and at its bytes; and how
// to process them again.

import { ApiError, letter, lettersOf, request } from "../api.js";
import { dataRow, dataTable } from "../data-table.js";
import { element } from "../dom.js";
import { formatExact, formatFullTime } from "../format.js";
import { askForToken } from "../token.js";
import { codeBlock } from "./code-block.js";
import { DataPanel } from "./data-panel.js";
import { bytesView } from "./letter-bytes.js";

const PAGE = 20;

class DeadLetters extends DataPanel {
  heading = "Dead letters";
  emptyText = "No dead letters";
  emptyHint = "Every record so far has been an event.";
  #body = element("tbody");
  #look = element("section", { class: "letters", "aria-live": "polite", hidden: "" });
  #asking = null;

  build() {
    const titles = ["Stream", "Reason", "Of the aggregate", "Not replayed", "In all", "For example", "Letters"];
    return element("div", {},
      dataTable("Dead letters", titles, this.#body),
      this.#look,
      codeBlock("On the command line", "streampulse dead-letters list\nstreampulse dead-letters show ID"),
      codeBlock("Process them again, when the cause is mended", "streampulse dead-letters replay"));
  }

  render({ data }) {
    // A button that has the focus stays.
    const shown = JSON.stringify(data);
    if (shown === this.#body.dataset.shown) return;
    this.#body.dataset.shown = shown;
    this.#body.replaceChildren(...data.map((row) => dataRow(
      row.stream, row.code, row.aggregate ?? "—", formatExact(row.open_letters), formatExact(row.letters),
      row.example ?? "—", this.#button("Show", `Show letters of ${row.stream}: ${row.code}`, () => this.#list(row)))));
  }

  #button(text, label, action) {
    const button = element("button", { type: "button", class: "button", "aria-label": label }, text);
    button.addEventListener("click", action);
    return button;
  }

  async #list({ stream, code }, cursor = null) {
    const query = { stream, code, limit: PAGE, ...(cursor === null ? {} : { cursor }) };
    await this.#ask(lettersOf(query), ({ data, next }) => {
      const body = element("tbody", {}, ...data.map((row) => dataRow(
        formatExact(row.id), formatFullTime(new Date(row.created_at)), `${row.topic} ${row.partition}@${row.record_offset}`,
        row.reason, row.value_bytes === null ? "none" : formatExact(row.value_bytes),
        row.replayed_at === null ? "no" : formatFullTime(new Date(row.replayed_at)),
        this.#button("Bytes", `Bytes of letter ${row.id}`, () => this.#show(row.id)))));
      return [
        element("h3", {}, `${stream}: ${code}`),
        dataTable(`Letters of ${stream}`, ["Letter", "Put aside", "Record", "Reason", "Bytes", "Replayed", "Content"], body),
        ...(next == null ? [] : [this.#button("Older ones", "Older letters", () => this.#list({ stream, code }, next))]),
        element("div", { class: "letter" }),
      ];
    }, this.#look);
  }

  async #show(id) {
    await this.#ask(letter(id), (found) => [
      element("h3", {}, `Letter ${formatExact(found.id)}`),
      element("p", {}, found.reason),
      bytesView("Key", found.key_hex, (found.key_hex ?? "").length / 2),
      bytesView("Value", found.value_hex, found.value_bytes ?? 0),
      ...(found.headers?.length > 0 ? [codeBlock("Headers", found.headers.map(headerText).join("\n"))] : []),
    ], this.#look.querySelector(".letter"));
  }

  /** Puts what `make` makes of the answer into `place`, or why there is none. The last question counts. */
  async #ask(endpoint, make, place) {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    place.hidden = false;
    place.setAttribute("aria-busy", "true");
    try {
      const { value } = await request(endpoint, asking.signal);
      place.replaceChildren(...make(value));
      place.scrollIntoView({ block: "nearest" });
    } catch (error) {
      if (asking.signal.aborted) return;
      place.replaceChildren(...this.#refusal(error));
    } finally {
      place.removeAttribute("aria-busy");
    }
  }

  #refusal(error) {
    if (!(error instanceof ApiError)) throw error;
    const text = element("p", { class: "panel-note" }, error.message);
    if (error.status !== 403) return [text];
    return [text, this.#button("Use another token", "Use another token", () =>
      askForToken("What is in dead letters needs a token of scope admin."))];
  }
}

function headerText({ name, value }) {
  if (value === null) return name;
  const bytes = Uint8Array.from(value.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  return `${name}: ${new TextDecoder().decode(bytes)}`;
}

customElements.define("dead-letters", DeadLetters);
