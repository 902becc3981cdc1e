// A group of alerts as a row that leads to the page of alerts.

import { element, setTime } from "../dom.js";
import { formatAgo, formatFullTime } from "../format.js";
import { setBadge } from "../icons.js";

export const makeAlertRow = () => element("li", {}, element("a", { class: "alert" },
  element("span", { class: "badge" }), element("time"), element("span", { class: "alert-message" }),
  element("span", { class: "row-detail" })));

/** @param details what is said of it; empty ones are left out. */
export function updateAlertRow(row, { severity, lead, lastTime, alerts }, details, now) {
  const link = row.firstElementChild;
  link.dataset.level = severity;
  link.href = `/alerts.html#${new URLSearchParams({ open: alerts[0].id })}`;
  setBadge(link.querySelector(".badge"), severity);
  link.querySelector(".alert-message").textContent = lead.message;
  link.querySelector(".row-detail").textContent = details.filter(Boolean).join(" · ");
  const date = new Date(lastTime);
  if (!Number.isNaN(date.getTime())) {
    setTime(link.querySelector("time"), date, formatAgo(date, now), formatFullTime(date));
  }
}
