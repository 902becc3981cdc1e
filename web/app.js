// Wires the first page: the view in the URL's hash, the questions that it stands for, and the elements that show the
// answers.

import "./elements/alert-list.js";
import "./elements/compare-toggle.js";
import "./elements/device-list.js";
import "./elements/downloads-chart.js";
import "./elements/filter-chips.js";
import "./elements/overview-source.js";
import "./elements/region-list.js";
import "./elements/stat-card.js";
import "./elements/trending-list.js";
import "./elements/window-selector.js";
import { alertsOf, catalogue, health, overviewPaths, request, rowsOf } from "./api.js";
import { figuresOf } from "./downloads.js";
import { makePoller } from "./frame.js";
import { NAMES, dimensionOf, hasSingleWindows, hashOf, questionsOf, readView, stepOfView } from "./overview-view.js";
import { intervalOf } from "./range.js";
import { timelineOf } from "./series.js";
import { ownPageOf } from "./elements/ranked-list.js";

const part = (name) => document.querySelector(name);
const cards = [...document.querySelectorAll("stat-card")];
const card = (metric) => cards.find((each) => each.metric === metric);
const chart = part("downloads-chart");
const lists = { region: part("region-list"), title: part("trending-list"), device: part("device-list") };
const alertList = part("alert-list");
const figureCards = cards.filter(({ metric }) => metric !== "unique");

let view = null;
let bounds = {};
let questions = [];
let alerts = null;

const poller = makePoller({
  endpoints: [...NAMES.map((name) => rowsOf(name, null)), alertsOf("alerts", { acknowledged: false }), health],
  onAnswer(name, value, context) {
    receive(name, value, context);
    if (name === "totals" || name === "series") learn(name, value);
  },
  onFailure(name, since, error) {
    if (name === "totals") figureCards.forEach((each) => each.markUnavailable(since));
    if (name === "unique") card("unique").markUnavailable(since);
    if (name === "series") chart.markUnavailable(since, error);
    lists[name]?.markUnavailable(since, error);
    if (name === "alerts") alertList.markUnavailable(since, error);
  },
  onMissing(name) {
    if (lists[name]) lists[name].hidden = questions.some((each) => each.name === name && each.path);
    if (name === "alerts") alertList.hidden = true;
  },
});

const receivers = {
  totals({ data }) {
    receiveFigures(data[0], "receive");
    const minutes = (Date.parse(data[0]?.window_end) - Date.parse(data[0]?.window_start)) / 60_000;
    card("downloads").receiveRate(figuresOf(data[0], dimensionOf(view)).downloads / minutes);
  },
  totalsBefore: ({ data }) => receiveFigures(data[0], "receiveBefore"),
  unique: (totals) => card("unique").receive(totals.unique_content ?? null, totals.total_downloads ?? 0),
  series(answer, context) {
    chart.receive(answer, context);
    const { rows, isRunning } = timelineOf(answer.data, stepOfView(view)[1] * 1000, answer.complete_until);
    const figures = rows.map((row) => figuresOf(row, dimensionOf(view)));
    const complete = figures.filter((_, index) => !isRunning[index]);
    for (const each of figureCards) each.receiveCourse(complete.map((of) => of[each.metric]));
    const running = hasSingleWindows(view) ? figures.filter((_, index) => isRunning[index]) : [];
    card("downloads").receiveRunning(running.reduce((sum, { downloads }) => sum + downloads, 0));
  },
  seriesBefore: (answer) => chart.receiveBefore(answer),
  alerts(answer, context) {
    alerts = { answer, context };
    showAlerts();
  },
};

function receive(name, value, context) {
  receivers[name]?.(value, context);
  const list = lists[name.replace(/Before$/, "")];
  if (!list) return;
  list.hidden = false;
  if (name.endsWith("Before")) {
    list.receiveBefore(value);
  } else {
    list.receive(value, context);
  }
}

function receiveFigures(row, method) {
  const figures = figuresOf(row, dimensionOf(view));
  for (const each of figureCards) each[method](figures[each.metric], figures.downloads);
}

/** Of alerts only those of the region that the page is narrowed to. */
function showAlerts() {
  if (!alerts) return;
  const { answer, context } = alerts;
  const region = view.filter?.dimension.name === "region" ? view.filter.values[0] : null;
  const data = region === null ? answer.data : answer.data.filter((alert) => alert.region === region);
  alertList.hidden = false;
  const count = region === null ? answer.unacknowledged_count : data.length;
  alertList.receive({ ...answer, data, unacknowledged_count: count }, context);
  chart.receiveAlerts(data);
  const open = answer.unacknowledged_count;
  document.title = open > 0 ? `(${open}) StreamPulse` : "StreamPulse";
}

/** The period before is asked for when it is known where this one begins. */
function learn(name, { start }) {
  if (bounds[name]?.start === start) return;
  bounds[name] = { start };
  ask();
}

function ask() {
  const next = questionsOf(view, bounds);
  const changed = next.filter((question, index) => fingerprint(question) !== fingerprint(questions[index]));
  questions = next;
  part("overview-source").show(questions);
  if (changed.length > 0) poller.setEndpoints(changed, intervalOf(view.range));
}

const fingerprint = (question) => JSON.stringify([question?.path, question?.query]);

/** Shows what the hash asks for. */
function follow() {
  const former = view;
  view = readView(location.hash);
  const isNew = !former || JSON.stringify([former.range, former.filter]) !== JSON.stringify([view.range, view.filter]);
  if (isNew) bounds = {};
  part("window-selector").show(view.range);
  part("compare-toggle").show(view.isCompared);
  part("filter-chips").show(view.filter ? [{
    text: `${view.filter.dimension.name}: ${view.label ?? view.filter.values.join(" · ")}`,
    change: { filter: null, label: null }, page: ownPageOf(view.filter.dimension, view.filter.values, view),
  }] : []);
  if (isNew || former.isCompared !== view.isCompared) {
    const [isTitle, isDevice] = ["title", "device"].map((name) => dimensionOf(view).name === name);
    for (const each of cards) {
      const isKnown = each.metric === "unique" ? questionsOf(view).some(({ name, path }) => name === "unique" && path)
        : each.metric === "duration" ? !isDevice : each.metric === "speed" ? !isTitle : true;
      if (isNew) each.prepare(view, isKnown);
      if (!view.isCompared) each.receiveBefore(null, 0);
    }
  }
  chart.prepare(view, isNew);
  for (const list of Object.values(lists)) list.prepare(view, isNew);
  showAlerts();
  ask();
}

// A project without any of this page's endpoints has the page that is made of what it defines. When nobody can say what
// that is, this page asks for itself and says what is wrong.
async function belongsElsewhere() {
  try {
    const { value } = await request(catalogue, new AbortController().signal);
    const defined = value.endpoints.map((endpoint) => endpoint.path);
    return value.data.length > 0 && !overviewPaths.some((path) => defined.includes(path));
  } catch {
    return false;
  }
}

window.addEventListener("hashchange", follow);
// Elements ask for another view with what changes.
document.addEventListener("view-change", ({ detail }) => {
  location.hash = hashOf(view, detail);
});
if (await belongsElsewhere()) {
  location.replace("/explore.html");
} else {
  follow();
  poller.start();
}
