// <connection-banner>: while disconnected, since when and why, how old the data on the page is, and when it is tried
// again.
// Fires "retry".

import { element } from "../dom.js";
import { formatClock, formatDuration } from "../format.js";
import { icon } from "../icons.js";

class ConnectionBanner extends HTMLElement {
  #message = element("p", { role: "alert" });
  // Outside of the alert: a countdown must not be read aloud every second.
  #countdown = element("p", { class: "countdown" });
  #ticker = null;
  #nextTryAt = null;

  connectedCallback() {
    const button = element("button", { type: "button", class: "button" }, "Retry now");
    button.addEventListener("click", () => this.dispatchEvent(new CustomEvent("retry")));
    this.classList.add("banner");
    this.hidden = true;
    this.replaceChildren(icon("offline"), element("div", {}, this.#message, this.#countdown), button);
  }

  disconnectedCallback() {
    clearInterval(this.#ticker);
    this.#ticker = null;
  }

  show({ state, since, reason, lastUpdated, nextTryAt }) {
    // Where a token is wanted, the form for it says all.
    this.hidden = state !== "disconnected" || document.querySelector("token-form")?.hidden === false;
    this.#nextTryAt = nextTryAt;
    if (this.hidden) {
      clearInterval(this.#ticker);
      this.#ticker = null;
      this.#message.textContent = "";
      return;
    }
    const age = lastUpdated
      ? `The figures below are from ${formatClock(lastUpdated)}.` : "No data has been received yet.";
    const why = reason ? ` ${reason.charAt(0).toUpperCase()}${reason.slice(1)}${reason.endsWith(".") ? "" : "."}` : "";
    const text = `Disconnected since ${formatClock(since)}.${why} ${age}`;
    if (this.#message.textContent !== text) this.#message.textContent = text;
    this.#ticker ??= setInterval(() => this.#tick(), 1000);
    this.#tick();
  }

  #tick() {
    const seconds = this.#nextTryAt ? Math.max(0, Math.ceil((this.#nextTryAt - Date.now()) / 1000)) : 0;
    this.#countdown.textContent = seconds > 0 ? `Next try in ${formatDuration(seconds)}.` : "Trying again…";
  }
}

customElements.define("connection-banner", ConnectionBanner);
