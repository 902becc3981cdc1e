// Wires what the project defines to the elements of the explore page. The view lives in the URL's hash and nowhere
// else.

import "./elements/compare-toggle.js";
import "./elements/definition-panel.js";
import "./elements/filter-chips.js";
import "./elements/key-alerts.js";
import "./elements/key-list.js";
import "./elements/measure-cards.js";
import "./elements/measure-charts.js";
import "./elements/relation-head.js";
import "./elements/relation-list.js";
import "./elements/rows-table.js";
import "./elements/series-chart.js";
import "./elements/window-selector.js";
import { catalogue, health } from "./api.js";
import { NAMES, hashOf, intervalOfView, isOwnPage, questionsOf, readView } from "./explore-view.js";
import { makePoller } from "./frame.js";
import { keyText } from "./measures.js";

const part = (name) => document.querySelector(name);
const relationList = part("relation-list");
const nothing = part("#nothing");
const chips = part("filter-chips");
const [cards, chart, charts, keys] = ["measure-cards", "series-chart", "measure-charts", "key-list"].map(part);
const consumers = {
  totals: [cards], series: [chart, charts], groups: [keys], rows: [part("relation-head"), part("rows-table")],
  alerts: [part("key-alerts")],
};
const beforeConsumers = { totalsBefore: [cards], seriesBefore: [chart, charts], groupsBefore: [keys] };
const definition = part("definition-panel");
const panels = Object.values(consumers).flat();

let relations = null;
let known = "";
let hasAlerts = false;
let view = null;
let bounds = {};
let questions = [];

const poller = makePoller({
  endpoints: [catalogue, ...NAMES.map((name) => ({ name, path: null })), health],
  onAnswer(name, value, { serverTime }) {
    if (name === "catalogue") receiveCatalogue(value);
    const context = { view, serverTime };
    const answer = name === "alerts" ? ofThisKey(value) : value;
    for (const consumer of shown(consumers[name])) consumer.receive(answer, context);
    for (const consumer of shown(beforeConsumers[name])) consumer.receiveBefore(value);
    if (name === "alerts") charts.receiveAlerts(answer.data);
    // A view is not rolled up: its chart is drawn from its rows.
    if (name === "rows" && view?.relation && !view.relation.rolls_up && canDraw(view)) chart.receive(value, context);
    if (name === "totals" || name === "series") learn(name, value);
  },
  onFailure(name, since, error) {
    if (name === "catalogue") relationList.markUnavailable(since, error);
    for (const consumer of shown(consumers[name])) consumer.markUnavailable(since, error);
  },
});

const shown = (elements = []) => elements.filter((element) => !element.hidden);

const canDraw = ({ relation, measure }) => relation.time !== null && measure !== null;

/** Alerts of the aggregate that is shown, about keys that the filters leave. */
function ofThisKey({ data, ...rest }) {
  const isMeant = ({ aggregate, key }) => aggregate === view.relation?.name
    && view.filters.every(({ column, value }) => (key?.[column] ?? null) === value);
  return { ...rest, data: data.filter(isMeant) };
}

/** The list changes when definitions are saved while the server reloads them. */
function receiveCatalogue({ data, endpoints: defined }) {
  hasAlerts = defined.some(({ path }) => path === "/api/stats/alerts");
  const fingerprint = JSON.stringify(data);
  if (fingerprint === known) return;
  known = fingerprint;
  relations = data;
  follow();
}

/** The period before is asked for when it is known where this one begins. */
function learn(name, { start }) {
  if (!view?.isCompared || bounds[name]?.start === start) return;
  bounds[name] = { start };
  const next = questionsOf(view, bounds, hasAlerts);
  const changed = next.filter((question, index) => fingerprint(question) !== fingerprint(questions[index]));
  questions = next;
  if (changed.length > 0) poller.setEndpoints(changed, intervalOfView(view));
}

const fingerprint = (question) => JSON.stringify([question?.path, question?.query]);

/** Shows what the hash asks for. */
function follow() {
  if (!relations) return;
  if (relations.length === 0) {
    relationList.show([], null);
    return showNothing("The project defines no aggregates yet. Save one in sql/aggregates/, and it appears here.");
  }
  view = readView(location.hash, relations);
  bounds = {};
  // A link to what is shown now shows it also when another definition has become the first.
  if (view.relation && !location.hash) history.replaceState(null, "", hashOf(view));
  part("window-selector").show(view.range);
  part("compare-toggle").show(view.isCompared);
  relationList.show(relations, view);
  questions = questionsOf(view, bounds, hasAlerts);
  if (!view.relation) {
    showNothing(`The project defines no ${view.name}. Choose one of the list.`);
  } else {
    nothing.hidden = true;
    document.title = `${view.relation.name} · StreamPulse`;
    chips.show(view.filters.map(({ column, value }) => ({
      text: `${column}: ${keyText(value)}`,
      change: { filters: view.filters.filter((filter) => filter.column !== column) },
    })));
    definition.hidden = false;
    definition.show(view, questions);
    for (const [name, elements] of Object.entries(consumers)) {
      const isAsked = questions.some((question) => question.name === name && question.path);
      const isDrawn = isAsked || (name === "series" && !view.relation.rolls_up && canDraw(view));
      for (const element of elements) {
        element.hidden = !isDrawn || (element === chart && isOwnPage(view)) || (element === charts && !isOwnPage(view));
        element.prepare(view);
      }
    }
  }
  poller.setEndpoints(questions, intervalOfView(view));
}

function showNothing(text) {
  nothing.textContent = text;
  nothing.hidden = false;
  for (const element of [chips, definition, ...panels]) element.hidden = true;
  document.title = "Explore · StreamPulse";
}

window.addEventListener("hashchange", follow);
// Elements ask for another view with what changes.
document.addEventListener("view-change", ({ detail }) => {
  location.hash = hashOf(view, detail);
});
poller.start();
