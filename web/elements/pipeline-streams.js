// <pipeline-streams>: each stream, whether it is processed, how far behind it is, and how it goes on when it does not.

import { element, updateKeyed } from "../dom.js";
import { formatAge, formatClock, formatExact } from "../format.js";
import { setBadge } from "../icons.js";
import { DataPanel } from "./data-panel.js";

const LEVELS = { running: "healthy", silent: "degraded", waiting: "degraded", stalled: "degraded" };
const MEANINGS = {
  running: "Running", silent: "No events", waiting: "Waiting", held: "Held", stalled: "Stalled",
  absent: "Nobody processes it", rejecting: "Rejects nearly all", ended: "Ended",
};

class PipelineStreams extends DataPanel {
  heading = "Streams";
  skeletonRows = 2;
  emptyText = "No stream is known here";
  emptyHint = "This server knows of none, or no processor has said anything yet: start one with streampulse process.";
  #list = element("ul", { class: "streams" });
  #reach = new Map();
  #now = null;
  #shown = null;
  /** How many partitions this process reads; NaN: it does not say. */
  partitions = NaN;

  build() {
    return this.#list;
  }

  /** @param {string | null} time until which the event time of a stream is complete. */
  receiveReach(name, time) {
    this.#reach.set(name, time);
    if (this.#shown) this.render(this.#shown, { serverTime: this.#now });
  }

  render(answer, { serverTime }) {
    const { data } = answer;
    [this.#shown, this.#now] = [answer, serverTime];
    updateKeyed(this.#list, data, (stream) => stream.name, makeRow, (row, stream) => {
      const level = LEVELS[stream.status] ?? "critical";
      row.dataset.level = level;
      const badge = row.querySelector(".badge");
      setBadge(badge, level);
      badge.lastChild.textContent = MEANINGS[stream.status] ?? String(stream.status);
      row.querySelector(".row-name").textContent = stream.name;
      const age = (value) => (Number.isFinite(value) ? `${formatAge(value)} ago` : "never");
      const lag = stream.lag_records;
      const facts = [
        ["topic", stream.topic], ["lag", Number.isFinite(lag) ? `${formatExact(lag)} records` : "unknown"],
        ["newest event", age(stream.newest_event_age_seconds)], ["last commit", age(stream.last_commit_age_seconds)],
        ["event time complete until", this.#reachText(stream.name)],
        ...(data.length === 1 && this.partitions > 0 ? [["partitions read here", formatExact(this.partitions)]] : []),
      ];
      row.querySelector("dl").replaceChildren(...facts.map(([name, value]) =>
        element("div", {}, element("dt", {}, name), element("dd", {}, value))));
      // Which says how to go on where somebody has to decide.
      const detail = row.querySelector(".detail");
      detail.hidden = !stream.detail;
      detail.replaceChildren(...String(stream.detail ?? "").split("; ").map((text) => element("p", {}, text)));
    });
  }

  #reachText(name) {
    const date = new Date(this.#reach.get(name) ?? NaN);
    if (Number.isNaN(date.getTime())) return "unknown";
    return `${formatClock(date)}, ${formatAge((this.#now - date) / 1000)} ago`;
  }
}

const makeRow = () => element("li", { class: "stream" },
  element("span", { class: "row-name" }), element("span", { class: "badge" }),
  element("dl", { class: "facts" }), element("div", { class: "detail", hidden: "" }));

customElements.define("pipeline-streams", PipelineStreams);
