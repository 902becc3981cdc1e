// <key-related>: what other aggregates know of the key that the page is about: their results over time, and where they tell
// it apart by one more key, its leading values, each of which is a link to its own page.

import { element } from "../dom.js";
import { hashOf } from "../explore-view.js";
import "./key-list.js";
import "./measure-charts.js";
import "./series-chart.js";

class KeyRelated extends HTMLElement {
  /** Of each view: {view, parts}, its elements by the question that they show the answer to. */
  #blocks = [];
  #shape = "";

  connectedCallback() {
    // What is clicked in them is about their own aggregate; a range is the page's.
    this.addEventListener("view-change", (event) => {
      const block = this.#blocks.find(({ parts }) => Object.values(parts).includes(event.target));
      if (!block || event.detail.range) return;
      event.stopPropagation();
      location.hash = hashOf(block.view, event.detail);
    });
  }

  /** @param views as `relatedViews` has them. */
  prepare(views) {
    const shape = JSON.stringify(views.map(({ name, by }) => [name, by]));
    if (shape !== this.#shape) {
      this.#shape = shape;
      this.#blocks = views.map((view) => ({
        view,
        parts: view.by
          ? { series: element("series-chart"), groups: element("key-list") } : { series: element("measure-charts") },
      }));
      this.replaceChildren(...this.#blocks.flatMap(({ parts }) => Object.values(parts)));
    }
    views.forEach((view, index) => {
      const block = this.#blocks[index];
      block.view = view;
      for (const part of Object.values(block.parts)) part.prepare(view);
      if (!view.by) block.parts.series.setHeading(view.relation.comment.split("\n")[0].replace(/\.$/, "") || view.name);
    });
  }

  /** @param {number | null} index of the view; null: the answer is not about one. @param question its name of them. */
  receive(index, question, answer, context) {
    if (index === null) return;
    const { view, parts } = this.#blocks[index];
    if (question === "seriesBefore") {
      parts.series.receiveBefore(answer);
    } else {
      parts[question]?.receive(answer, { ...context, view });
    }
  }

  markUnavailable(index, question, since, error) {
    if (index !== null) this.#blocks[index].parts[question]?.markUnavailable(since, error);
  }

  /** @param alerts of the key. */
  receiveAlerts(alerts) {
    for (const { parts } of this.#blocks) parts.series.receiveAlerts?.(alerts);
  }
}

customElements.define("key-related", KeyRelated);
