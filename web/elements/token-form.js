// <token-form>: shown when the API asks for a token. It takes one and begins anew with it.

import { element } from "../dom.js";
import { storeToken, storedToken } from "../token.js";

class TokenForm extends HTMLElement {
  #message = element("p", { role: "alert" });

  connectedCallback() {
    const input = element("input", {
      type: "password", name: "token", autocomplete: "off", "aria-label": "Token", placeholder: "sp_…", required: "",
    });
    const form = element("form", {}, input, element("button", { type: "submit", class: "button" }, "Use it"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      storeToken(input.value.trim());
      location.reload();
    });
    this.classList.add("banner");
    this.hidden = true;
    this.replaceChildren(element("div", {}, this.#message), form);
    window.addEventListener("token-needed", ({ detail: why }) => {
      const text = why ?? (storedToken() === null
        ? "This server answers only those who have a token." : "The token is not known here, or has expired.");
      if (this.#message.textContent !== text) this.#message.textContent = text;
      this.hidden = false;
    });
  }
}

customElements.define("token-form", TokenForm);
