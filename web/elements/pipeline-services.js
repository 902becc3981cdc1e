// <pipeline-services>: whether database and broker can be used, and which version answers.

import { element } from "../dom.js";
import { setBadge } from "../icons.js";

const NAMES = { database: "Postgres", broker: "Kafka" };

/** Of an address where it is, without who uses it; reasons stay as they are. */
const placeOf = (detail) => String(detail ?? "").replace(/^postgres(?:ql)?:\/\/(?:[^@/]*@)?/, "");

class PipelineServices extends HTMLElement {
  connectedCallback() {
    this.replaceChildren(...["database", "broker", "version"].map((name) =>
      element("section", { class: "card service", "data-service": name },
        element("h2", { class: "stat-label" }, NAMES[name] ?? "Server"), element("span", { class: "badge" }),
        element("p", { class: "row-detail" }, "…"))));
  }

  /** @param report the health report. */
  show({ parts, version, isHealthy, detail }) {
    for (const card of this.children) {
      const name = card.dataset.service;
      const part = parts[name];
      const isUp = name === "version" ? isHealthy : part?.status === "up";
      card.dataset.level = isUp ? "healthy" : name === "version" ? "degraded" : "critical";
      setBadge(card.querySelector(".badge"), card.dataset.level);
      const badge = card.querySelector(".badge");
      badge.lastChild.textContent = name === "version" ? (isUp ? "All is well" : "Needs a look") : isUp ? "Up" : "Down";
      card.querySelector(".row-detail").textContent = name === "version"
        ? [version ? `version ${version}` : null, detail].filter(Boolean).join(" · ") : placeOf(part?.detail);
    }
  }
}

customElements.define("pipeline-services", PipelineServices);
