// <alert-group>: alerts that belong together: what they tell, how long it has gone on, and unfolded the course of what
// was measured and each window. Fires "view-change" with {open}, and "alerts-changed" after something was done.

import { filtersOf, isFiring, keyOf, readable, timeOf } from "../grouping.js";
import { acknowledge, silence } from "../actions.js";
import { dataRow, dataTable } from "../data-table.js";
import { changeView, element, setTime } from "../dom.js";
import { pageOf } from "../explore-view.js";
import {
  formatAgo, formatDayAndMinute, formatDuration, formatExact, formatFullTime, formatNumber, formatRate,
} from "../format.js";
import { setBadge } from "../icons.js";
import "./alert-chart.js";

const SILENCE_MINUTES = 60;

class AlertGroup extends HTMLElement {
  #head = element("button", { type: "button", class: "group-head", "aria-expanded": "false" },
    element("span", { class: "badge" }), element("span", { class: "group-title" }), element("span", { class: "state" }),
    element("time"), element("span", { class: "alert-message" }), element("span", { class: "row-detail" }));
  #acknowledge = element("button", { type: "button", class: "button", hidden: "" }, "Acknowledge");
  #silence = element("button", { type: "button", class: "button", hidden: "" }, "Silence for 1 hour");
  #page = element("a", { class: "button", hidden: "" }, "Open its page");
  #problem = element("p", { class: "hint", role: "alert" });
  #body = element("div", { class: "group-body", hidden: "" });
  #group = null;
  #offered = null;
  #drawn = "";

  connectedCallback() {
    this.classList.add("group");
    this.#head.addEventListener("click", () => {
      const isOpen = this.#head.getAttribute("aria-expanded") === "true";
      changeView(this, { open: isOpen ? null : String(this.#group.alerts[0].id) });
    });
    this.#acknowledge.addEventListener("click", () =>
      this.#act(this.#acknowledge, "Acknowledged", () => acknowledge(this.#group.alerts)));
    this.#silence.addEventListener("click", () => this.#act(this.#silence, "Silenced for 1 hour",
      () => silence(this.#group.subjects, SILENCE_MINUTES, this.#offered.silence)));
    const actions = [this.#acknowledge, this.#silence, this.#page, this.#problem];
    this.replaceChildren(this.#head, element("div", { class: "group-actions" }, ...actions), this.#body);
  }

  show(group, { now, offered, relations, isOpen }) {
    this.#group = group;
    this.#offered = offered;
    const { severity, type, key, alerts, lead, subjects, lastTime, firstTime, state, acknowledgedBy, peak } = group;
    this.dataset.level = group.isFiring || state === "open" ? severity : "resolved";
    setBadge(this.#head.querySelector(".badge"), severity);
    this.#head.querySelector(".group-title").textContent = [type, key].filter(Boolean).join(" · ");
    this.#head.querySelector(".state").textContent = state === "acknowledged"
      ? `acknowledged${acknowledgedBy ? ` by ${acknowledgedBy}` : ""}` : group.isFiring ? "firing" : "ended";
    const date = new Date(lastTime);
    setTime(this.#head.querySelector("time"), date, formatAgo(date, now), formatFullTime(date));
    this.#head.querySelector(".alert-message").textContent = lead.message;
    this.#head.querySelector(".row-detail").textContent = [
      `since ${formatDayAndMinute(new Date(firstTime))}`, `for ${formatDuration((lastTime - firstTime) / 1000)}`,
      `${formatExact(alerts.length)} ${alerts.length === 1 ? "alert" : "alerts"}`,
      `${subjects.length === 1 ? "peak" : `${nameOf(lead)}: peak`} ${valueText(peak, lead)}`,
    ].join(" · ");
    this.#acknowledge.hidden = !offered.acknowledge || state === "acknowledged";
    this.#silence.hidden = !offered.silence;
    const relation = relations.find(({ name }) => name === lead.aggregate);
    this.#page.hidden = !relation || !lead.key;
    this.#page.textContent = subjects.length === 1 ? "Open its page" : `Open the page of ${keyOf(lead)}`;
    if (!this.#page.hidden) this.#page.href = ownPageOf(group);
    this.#head.setAttribute("aria-expanded", String(isOpen));
    this.#body.hidden = !isOpen;
    if (isOpen) this.#fill(relation, now);
  }

  #fill(relation, now) {
    const { alerts, lead, subjects } = this.#group;
    const fingerprint = JSON.stringify([alerts, relation?.name, lead.id]);
    if (fingerprint === this.#drawn) return;
    this.#drawn = fingerprint;
    const hasOne = subjects.length === 1;
    const noted = ({ acknowledged_at: at, acknowledged_by: by }) =>
      (at ? [formatDayAndMinute(new Date(at)), by].filter(Boolean).join(", ") : "—");
    const rows = alerts.toReversed().map((alert) => dataRow(
      formatDayAndMinute(new Date(timeOf(alert))), ...(hasOne ? [] : [readable(alert.alert_type), keyOf(alert)]),
      alert.severity, isFiring(alert, now) ? "firing" : "ended", valueText(alert.metric_value, alert),
      valueText(alert.threshold_value, alert), noted(alert)));
    const titles = [
      "Window", ...(hasOne ? [] : ["Kind", "Key"]), "Severity", "State", hasOne ? readable(lead.metric_name) : "Value",
      "Threshold", "Acknowledged"];
    const chart = this.#body.querySelector("alert-chart") ?? element("alert-chart");
    const caption = element("p", { class: "hint" }, `The chart is of ${nameOf(lead)}.`);
    this.#body.replaceChildren(
      ...(hasOne ? [] : [caption]), chart, dataTable("Its windows", titles, element("tbody", {}, ...rows)));
    chart.show(this.#group, relation);
  }

  async #act(button, done, action) {
    button.disabled = true;
    this.#problem.textContent = "";
    try {
      await action();
      this.#problem.textContent = `${done}.`;
      this.dispatchEvent(new CustomEvent("alerts-changed", { bubbles: true }));
    } catch (error) {
      // What this reader may not do is not offered again.
      if (error.kind === "missing") button.hidden = true;
      this.#problem.textContent = error.message;
    }
    button.disabled = false;
  }
}

/** `High error rate · JP-Tokyo` */
const nameOf = (alert) => [readable(alert.alert_type), keyOf(alert)].filter(Boolean).join(" · ");

/** A value of the metric: shares are called rate or share. */
export const valueText = (value, alert) =>
  (isShare(alert) ? formatRate : formatNumber)(value);

export const isShare = ({ metric_name: name, threshold_value: threshold }) =>
  /rate|share|ratio/.test(name ?? "") && Math.abs(threshold) <= 1;

/** Its key's page, over the hours around it. */
function ownPageOf({ lead, firstTime, lastTime }) {
  const margin = Math.max(30 * 60_000, (lastTime - firstTime) / 2);
  return pageOf({
    aggregate: lead.aggregate, filters: filtersOf(lead), range: { from: firstTime - margin, to: lastTime + margin },
  });
}

customElements.define("alert-group", AlertGroup);
