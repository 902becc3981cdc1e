// Wires what the project defines to the elements of the explore page. The view lives in the URL's hash and nowhere
// else.

import "./elements/compare-toggle.js";
import "./elements/definition-panel.js";
import "./elements/filter-chips.js";
import "./elements/key-alerts.js";
import "./elements/key-list.js";
import "./elements/key-related.js";
import "./elements/measure-cards.js";
import "./elements/measure-charts.js";
import "./elements/relation-head.js";
import "./elements/relation-list.js";
import "./elements/rows-table.js";
import "./elements/series-chart.js";
import "./elements/window-selector.js";
import { catalogue, health } from "./api.js";
import {
  NAMES, hashOf, intervalOfView, isOwnPage, questionsOf, readView, relatedNames, relatedViews,
} from "./explore-view.js";
import { makePoller } from "./frame.js";
import { timeOf } from "./grouping.js";
import { keyText } from "./measures.js";
import { isLookBack } from "./range.js";

const part = (name) => document.querySelector(name);
const relationList = part("relation-list");
const nothing = part("#nothing");
const chips = part("filter-chips");
const [cards, chart, charts, keys] = ["measure-cards", "series-chart", "measure-charts", "key-list"].map(part);
const consumers = {
  totals: [cards], series: [chart, charts], groups: [keys], rows: [part("relation-head"), part("rows-table")],
};
const beforeConsumers = { totalsBefore: [cards], seriesBefore: [chart, charts], groupsBefore: [keys] };
const keyAlerts = part("key-alerts");
const others = part("key-related");
const definition = part("definition-panel");
const panels = [...Object.values(consumers).flat(), keyAlerts, others];

let relations = null;
let known = "";
// Which endpoints the project has.
let has = {};
let view = null;
let related = [];
let bounds = {};
let questions = [];
let alerts = {};

const poller = makePoller({
  endpoints: [catalogue, ...NAMES.map((name) => ({ name, path: null })), health],
  onAnswer(name, value, { serverTime }) {
    if (name === "catalogue") receiveCatalogue(value);
    const context = { view, serverTime };
    for (const consumer of shown(consumers[name])) consumer.receive(value, context);
    for (const consumer of shown(beforeConsumers[name])) consumer.receiveBefore(value);
    others.receive(...relatedOf(name), value, context);
    if (name === "alerts" || name === "acknowledgedAlerts") {
      alerts[name] = value;
      showAlerts(context);
    }
    if (name === "predictions" && !charts.hidden) charts.receivePredictions(value);
    // A view is not rolled up: its chart is drawn from its rows.
    if (name === "rows" && view?.relation && !view.relation.rolls_up && canDraw(view)) chart.receive(value, context);
    if (name === "totals" || name === "series") learn(name, value);
  },
  onFailure(name, since, error) {
    if (name === "catalogue") relationList.markUnavailable(since, error);
    for (const consumer of shown(consumers[name])) consumer.markUnavailable(since, error);
    others.markUnavailable(...relatedOf(name), since, error);
    if (name === "alerts" && !keyAlerts.hidden) keyAlerts.markUnavailable(since, error);
  },
});

const shown = (elements = []) => elements.filter((element) => !element.hidden);

const canDraw = ({ relation, measure }) => relation.time !== null && measure !== null;

/** Which of the related views a question is about, and what it asks. */
function relatedOf(name) {
  for (const index of related.keys()) {
    const found = Object.entries(relatedNames(index)).find(([, each]) => each === name);
    if (found) return [index, found[0]];
  }
  return [null, null];
}

/** Those about the key, of whichever aggregate of its stream: all that are open, and of the others those in the range. */
function showAlerts({ serverTime }) {
  if (!view?.relation || keyAlerts.hidden) return;
  const names = new Set(relations.filter(({ stream }) => stream === view.relation.stream).map(({ name }) => name));
  const [from, to] = isLookBack(view.range)
    ? [serverTime - view.range.minutes * 60_000, Infinity] : [view.range.from, view.range.to];
  const isMeant = (alert) => names.has(alert.aggregate)
    && view.filters.every(({ column, value }) => (alert.key?.[column] ?? null) === value)
    && (!alert.acknowledged_at || (timeOf(alert) >= from && timeOf(alert) < to));
  const data = Object.values(alerts).flatMap((answer) => answer.data).filter(isMeant);
  keyAlerts.receive({ data }, { view, serverTime });
  charts.receiveAlerts(data);
  others.receiveAlerts(data);
}

/** The list changes when definitions are saved while the server reloads them. */
function receiveCatalogue({ data, endpoints: defined }) {
  const isDefined = (name) => defined.some(({ path }) => path === `/api/stats/${name}`);
  has = { alerts: isDefined("alerts"), predictions: isDefined("predictions") };
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
  const next = questionsOf(view, bounds, has, related);
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
  related = relatedViews(view, relations);
  bounds = {};
  alerts = {};
  // A link to what is shown now shows it also when another definition has become the first.
  if (view.relation && !location.hash) history.replaceState(null, "", hashOf(view));
  part("window-selector").show(view.range);
  part("compare-toggle").show(view.isCompared);
  relationList.show(relations, view);
  questions = questionsOf(view, bounds, has, related);
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
    keyAlerts.hidden = !questions.some(({ name, path }) => name === "alerts" && path);
    keyAlerts.prepare(view);
    others.hidden = related.length === 0;
    others.prepare(related);
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
