// <definitions-banner>: under `streampulse dev`, what is wrong with the files that were saved last.

import { element } from "../dom.js";

class DefinitionsBanner extends HTMLElement {
  #heading = element("p", { role: "alert" });
  #errors = element("ul", { class: "definition-errors" });

  connectedCallback() {
    this.classList.add("banner");
    this.hidden = true;
    this.replaceChildren(element("div", {}, this.#heading, this.#errors));
  }

  /** @param definitions of the health report; null: nobody works on them. */
  show(definitions) {
    const errors = definitions?.state === "failed" ? definitions.errors : [];
    this.hidden = errors.length === 0;
    const text = this.hidden ? "" : "What was saved last cannot be used. The former definitions stay in force.";
    if (this.#heading.textContent !== text) this.#heading.textContent = text;
    this.#errors.replaceChildren(...errors.map((error) => element("li", {}, ...parts(error))));
  }
}

function parts({ file, line, column, message, hint }) {
  const place = file ? [element("code", {}, line > 0 ? `${file}:${line}:${column}` : file), " "] : [];
  return [...place, message, ...(hint ? [element("p", { class: "hint" }, hint)] : [])];
}

customElements.define("definitions-banner", DefinitionsBanner);
