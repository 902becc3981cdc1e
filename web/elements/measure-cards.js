// <measure-cards>: each result over all of the range; the one that is chosen is what chart and list show.

import { changeView, element, setLevel, setNumber, updateKeyed } from "../dom.js";
import { formatChange, formatClock, formatPoints, formatRange } from "../format.js";
import { isCountChange, isMeanChange, isShareChange } from "../comparison.js";
import { setBadge } from "../icons.js";
import { exactFormatOf, formatOf, isPercent, labelOf, levelOf } from "../measures.js";

class MeasureCards extends HTMLElement {
  #view = null;
  #now = null;
  #before = null;

  connectedCallback() {
    this.classList.add("cards");
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", "Results");
  }

  prepare(view) {
    this.#view = view;
    this.toggleAttribute("data-waiting", true);
    updateKeyed(this, view.measures, (column) => `${view.name} ${column.name}`, () => this.#make(), (card, column) => {
      card.dataset.measure = column.name;
      card.title = column.comment;
      card.querySelector(".stat-label").textContent = labelOf(column);
      card.setAttribute("aria-pressed", String(column === view.measure));
      card.querySelector(".stat-window").textContent = formatRange(view.range);
      card.querySelector(".trend").hidden = true;
    });
    this.#before = null;
    this.#now = null;
  }

  /** What it was in the period before. */
  receiveBefore({ data }) {
    this.#before = data[0] ?? null;
    this.#showTrends();
  }

  receive({ data }) {
    for (const column of this.#view.measures) {
      const card = [...this.children].find((each) => each.dataset.measure === column.name);
      const node = card?.querySelector("data");
      if (!node) continue;
      node.classList.remove("skeleton");
      const value = data[0]?.[column.name] ?? (column.role === "count" ? 0 : null);
      setNumber(node, value, formatOf(column), exactFormatOf(column));
      judge(card, levelOf(column, value));
    }
    this.#now = data[0] ?? null;
    this.#showTrends();
    this.removeAttribute("data-waiting");
    this.dataset.state = data.length === 0 ? "empty" : "ready";
  }

  markUnavailable(since) {
    // Values of another question would be taken for the answer to this one.
    if (this.hasAttribute("data-waiting")) {
      for (const node of this.querySelectorAll("data")) node.classList.add("skeleton");
    }
    for (const node of this.querySelectorAll("data.skeleton")) {
      node.classList.remove("skeleton");
      node.textContent = "—";
      node.title = `no data since ${formatClock(since)}`;
    }
  }

  // Nobody knows here whether more is better: a change is told without a colour, and one that may be chance as that.
  #showTrends() {
    for (const card of this.children) {
      const column = this.#view.measures.find(({ name }) => name === card.dataset.measure);
      const trend = card.querySelector(".trend");
      const [now, before] = [this.#now?.[column?.name], this.#before?.[column?.name]];
      trend.hidden = !column || !Number.isFinite(now) || !Number.isFinite(before) || before === 0;
      if (trend.hidden) continue;
      const count = this.#view.measures.find(({ role }) => role === "count")?.name;
      const [of, beforeOf] = [this.#now[count] ?? 0, this.#before[count] ?? 0];
      const isReal = column.role === "count" ? isCountChange(now, before)
        : column.role === "share" ? isShareChange({ share: now, of }, { share: before, of: beforeOf })
          : isMeanChange(now, before, Math.min(of, beforeOf));
      const text = isPercent(column) ? formatPoints(now, before) : formatChange(now, before);
      trend.textContent = `${isReal ? (now > before ? "▲" : "▼") : "≈"} ${text}`;
      trend.title = `${formatOf(column)(before)} in the period before${isReal ? "" : "; the difference may be chance"}`;
    }
  }

  #make() {
    const card = element("button", { type: "button", class: "card measure" },
      element("span", { class: "stat-label" }), element("data", { class: "stat-value skeleton" }),
      element("span", { class: "stat-foot" }, element("span", { class: "badge", hidden: "" }),
        element("span", { class: "stat-window" }), element("span", { class: "trend", hidden: "" })));
    card.addEventListener("click", () => {
      const measure = this.#view.measures.find((column) => column.name === card.dataset.measure);
      changeView(this, { measure });
    });
    return card;
  }
}

/** @param {"critical" | "warning" | null} level by the definition's thresholds. */
function judge(card, level) {
  setLevel(card, level);
  const badge = card.querySelector(".badge");
  badge.hidden = level === null;
  if (level !== null) setBadge(badge, level);
}

customElements.define("measure-cards", MeasureCards);
