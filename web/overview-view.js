// What the first page shows, as a value: read from the URL's hash and written back to it, and the questions to the API
// that it stands for.

import { rowsOf } from "./api.js";
import { readComparison } from "./comparison.js";
import { DIMENSIONS, WHOLE, pathOf } from "./downloads.js";
import {
  isLookBack, minutesIn, parametersOf, previousQuery, rangeQuery, readRange, stepOf, writeRange,
} from "./range.js";

const OTHERWISE_MINUTES = 15;
/** As many rows of a list are asked for. */
export const MAX_ROWS = 200;
// A window of these aggregates.
const LEAST_STEP_SECONDS = 60;
export const ORDERS = ["worst", "most", "share", "change"];

/** The names of the questions; those that end in `Before` are about the period before. */
export const NAMES = [
  "totals", "series", "region", "title", "device", "unique",
  "totalsBefore", "seriesBefore", "regionBefore", "titleBefore", "deviceBefore",
];

/** @returns `filter` is {dimension, values} with a value for each of its keys, or null. */
export function readView(hash) {
  const parameters = parametersOf(hash);
  const dimension = DIMENSIONS.find(({ keys }) => keys.every((key) => parameters.has(`key.${key}`)));
  const orders = DIMENSIONS.map(({ name }) => [name, parameters.get(`sort.${name}`)])
    .filter(([, order]) => ORDERS.includes(order));
  return {
    range: readRange(parameters, OTHERWISE_MINUTES),
    filter: dimension ? { dimension, values: dimension.keys.map((key) => parameters.get(`key.${key}`)) } : null,
    label: dimension ? parameters.get("label") : null,
    isCompared: readComparison(parameters),
    orders: { region: "worst", title: "most", device: "most", ...Object.fromEntries(orders) },
  };
}

/** The hash that stands for the view, with changes to it. */
export function hashOf(view, changes = {}) {
  const next = { ...view, ...changes };
  const parameters = new URLSearchParams();
  writeRange(next.range, parameters);
  next.filter?.dimension.keys.forEach((key, index) => parameters.set(`key.${key}`, next.filter.values[index]));
  if (next.filter && next.label) parameters.set("label", next.label);
  parameters.set("compare", next.isCompared ? "on" : "off");
  for (const [name, order] of Object.entries(next.orders)) {
    if (order !== (name === "region" ? "worst" : "most")) parameters.set(`sort.${name}`, order);
  }
  return `#${parameters}`;
}

/** The dimension that cards and charts are counted by. */
export const dimensionOf = (view) => view.filter?.dimension ?? WHOLE;

export const stepOfView = (view) => stepOf(view.range, LEAST_STEP_SECONDS);

/** Whether a step is a window: of longer ones the last holds complete windows, too, which the totals have. */
export const hasSingleWindows = (view) => stepOfView(view)[1] === LEAST_STEP_SECONDS;

/** How much later the times of the period are than those of the one before. */
export const shiftOf = (view) => minutesIn(view.range) * 60_000;

/**
 * The questions to poll, one of each of `NAMES`; those that are not asked have no path.
 * @param bounds answers to `totals` and `series`, if they are there: the period before is before them.
 */
export function questionsOf(view, bounds = {}) {
  const dimension = dimensionOf(view);
  const scope = filterQuery(view);
  const range = rangeQuery(view.range);
  const step = { step: stepOfView(view)[0], by: "", order: "window_start", limit: 2000 };
  const list = ({ keys, count }) => ({ by: keys.join(","), order: `-${count}`, limit: MAX_ROWS });
  const queries = {
    totals: { ...range, ...scope, by: "" }, series: { ...range, ...scope, ...step },
  };
  const [before, seriesBefore] = ["totals", "series"].map((name) =>
    (view.isCompared ? previousQuery(view.range, bounds[name]) : null));
  if (before) queries.totalsBefore = { ...before, ...scope, by: "" };
  if (seriesBefore) queries.seriesBefore = { ...seriesBefore, ...scope, ...step };
  const questions = Object.entries(queries).map(([name, query]) => rowsOf(name, pathOf(dimension), query));
  for (const each of DIMENSIONS) {
    questions.push(rowsOf(each.name, pathOf(each), { ...range, ...list(each) }));
    if (before) questions.push(rowsOf(`${each.name}Before`, pathOf(each), { ...before, ...list(each) }));
  }
  return NAMES.map((name) => questions.find((question) => question.name === name)
    ?? (name === "unique" ? uniqueQuestion(view) : rowsOf(name, null)));
}

/** How many titles there are is no sum of rows; the endpoint knows it of look-backs of up to a day. */
function uniqueQuestion(view) {
  const isKnown = view.filter === null && isLookBack(view.range) && view.range.minutes <= 1440;
  return {
    name: "unique", path: isKnown ? "/api/stats/realtime" : null,
    query: isKnown ? { minutes: view.range.minutes } : {}, read: (body) => body, isPushable: true,
  };
}

function filterQuery({ filter }) {
  if (!filter) return {};
  return Object.fromEntries(filter.dimension.keys.map((key, index) => [`key.${key}`, filter.values[index]]));
}
