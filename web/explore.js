// Wires what the project defines to the elements of the explore page. The view lives in the URL's hash and nowhere
// else.

import "./elements/connection-banner.js";
import "./elements/connection-status.js";
import "./elements/definition-panel.js";
import "./elements/definitions-banner.js";
import "./elements/filter-chips.js";
import "./elements/key-list.js";
import "./elements/measure-cards.js";
import "./elements/relation-head.js";
import "./elements/relation-list.js";
import "./elements/rows-table.js";
import "./elements/series-chart.js";
import "./elements/token-form.js";
import "./elements/window-selector.js";
import { catalogue, endpoints, health } from "./api.js";
import { NAMES, hashOf, intervalOf, questionsOf, readView } from "./explore-view.js";
import { Poller } from "./poller.js";

const part = (name) => document.querySelector(name);
const relationList = part("relation-list");
const selector = part("window-selector");
const status = part("connection-status");
const banner = part("connection-banner");
const nothing = part("#nothing");
const consumers = {
  totals: [part("measure-cards")], series: [part("series-chart")], groups: [part("key-list")],
  rows: [part("relation-head"), part("rows-table")],
};
// What shows the view itself, whatever the rows are.
const frames = [part("filter-chips"), part("definition-panel")];
const panels = Object.values(consumers).flat();

let relations = null;
let known = "";
let view = null;
let questions = [];

const poller = new Poller({
  endpoints: [catalogue, ...NAMES.map((name) => ({ name, path: null })), health],
  minutes: 0,
  onAnswer(name, value, { serverTime }) {
    if (name === "catalogue") receiveCatalogue(value);
    if (name === "health") part("definitions-banner").show(value.definitions);
    const context = { view, serverTime };
    for (const consumer of consumers[name] ?? []) consumer.receive(value, context);
    // A view is not rolled up: its chart is drawn from its rows.
    if (name === "rows" && view?.relation && !view.relation.rolls_up && canDraw(view)) {
      part("series-chart").receive(value, context);
    }
  },
  onFailure(name, since, error) {
    if (name === "catalogue") relationList.markUnavailable(since, error);
    for (const consumer of consumers[name] ?? []) consumer.markUnavailable(since, error);
  },
  onMissing() {},
  onState(snapshot) {
    document.body.dataset.connection = snapshot.state;
    status.show(snapshot);
    banner.show(snapshot);
  },
});

const canDraw = ({ relation, measure }) => relation.time !== null && measure !== null;

/** The list changes when definitions are saved while the server reloads them. */
function receiveCatalogue({ data, endpoints: defined }) {
  const overview = endpoints.filter((each) => each.name !== "health").map((each) => each.path);
  part(".pages").hidden = !defined.some(({ path }) => overview.includes(path));
  const fingerprint = JSON.stringify(data);
  if (fingerprint === known) return;
  known = fingerprint;
  relations = data;
  follow();
}

/** Shows what the hash asks for. */
function follow() {
  if (!relations) return;
  if (relations.length === 0) {
    relationList.show([], null);
    return showNothing("The project defines no aggregates yet. Save one in sql/aggregates/, and it appears here.");
  }
  view = readView(location.hash, relations, selector.choices);
  // A link to what is shown now shows it also when another definition has become the first.
  if (view.relation && !location.hash) history.replaceState(null, "", hashOf(view));
  selector.otherwise = view.usual;
  relationList.show(relations, view);
  questions = questionsOf(view);
  if (!view.relation) {
    showNothing(`The project defines no ${view.name}. Choose one of the list.`);
  } else {
    nothing.hidden = true;
    document.title = `${view.relation.name} · StreamPulse`;
    for (const frame of frames) {
      frame.hidden = false;
      frame.show(view, questions);
    }
    for (const [name, elements] of Object.entries(consumers)) {
      const isAsked = questions.some((question) => question.name === name && question.path);
      const isDrawn = isAsked || (name === "series" && !view.relation.rolls_up && canDraw(view));
      for (const element of elements) {
        element.hidden = !isDrawn;
        element.prepare(view);
      }
    }
  }
  poller.setEndpoints(questions, intervalOf(view));
}

function showNothing(text) {
  nothing.textContent = text;
  nothing.hidden = false;
  for (const element of [...frames, ...panels]) element.hidden = true;
  document.title = "Explore · StreamPulse";
}

window.addEventListener("hashchange", follow);
// Elements ask for another view with the hash that stands for it.
document.addEventListener("view-change", ({ detail }) => {
  location.hash = hashOf(view, detail);
});
// The hash is the view's: this link goes without.
part(".skip-link").addEventListener("click", (event) => {
  event.preventDefault();
  part("main").focus();
});
status.addEventListener("pause-toggle", () => poller.togglePause());
banner.addEventListener("retry", () => poller.retry());
poller.start();
