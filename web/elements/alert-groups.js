// <alert-groups>: alerts in their groups, each with its history, the chart of what was measured with the thresholds,
// and what can be done about it.

import { groupsOf } from "../grouping.js";
import { element, updateKeyed } from "../dom.js";
import { formatExact, formatRange } from "../format.js";
import { DataPanel } from "./data-panel.js";
import "./alert-group.js";

class AlertGroups extends DataPanel {
  heading = "Alerts";
  emptyText = "No alerts of this kind in this range";
  emptyHint = "Choose another state or a longer range.";
  #list = element("ul", { class: "groups" });
  #summary = element("p", { class: "hint groups-summary" });
  #view = null;
  #answers = new Map();
  #context = null;
  #offered = { acknowledge: false, silence: null };
  #relations = [];

  build() {
    return element("div", {}, this.#summary, this.#list);
  }

  /** What the API offers to do, and which aggregates it has. */
  set offered(actions) {
    this.#offered = actions;
    this.#draw();
  }

  set relations(relations) {
    this.#relations = relations;
  }

  prepare(view) {
    this.#view = view;
    this.#draw();
  }

  subtitle() {
    return formatRange(this.#view.range);
  }

  /** @param name of the question: the open ones and the acknowledged ones are two. */
  receiveAnswer(name, answer, context) {
    this.#answers.set(name, answer);
    this.#context = context;
    this.#draw();
  }

  #groups() {
    const { range, state, open } = this.#view;
    const names = state === "all" ? ["open", "acknowledged"] : [state];
    const alerts = names.flatMap((name) => this.#answers.get(name)?.data ?? []);
    const now = this.#context.serverTime.getTime();
    const [from, to] = range.minutes ? [now - range.minutes * 60_000, Infinity] : [range.from, range.to];
    return groupsOf(alerts, this.#context.serverTime).filter((group) =>
      (group.lastTime >= from && group.firstTime < to) || group.alerts.some(({ id }) => String(id) === open));
  }

  #draw() {
    if (this.#context && this.#view) this.receive({ data: this.#groups() }, this.#context);
  }

  render({ data: groups }, { serverTime: now }) {
    const windows = groups.reduce((sum, { alerts }) => sum + alerts.length, 0);
    const counted = (count, word) => `${formatExact(count)} ${word}${count === 1 ? "" : "s"}`;
    this.#summary.textContent = `${counted(windows, "alert")} in ${counted(groups.length, "group")}`;
    const make = () => element("li", {}, element("alert-group"));
    updateKeyed(this.#list, groups, (group) => group.id, make, (item, group) => {
      item.firstElementChild.show(group, {
        now, offered: this.#offered, relations: this.#relations,
        isOpen: group.alerts.some(({ id }) => String(id) === this.#view.open),
      });
    });
  }
}

customElements.define("alert-groups", AlertGroups);
