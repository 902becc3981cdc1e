// What the explore page shows, as a value: read from the URL's hash and written back to it, and the questions to the
// API that it stands for.

import { alertsOf, predictionsOf, rowsOf } from "./api.js";
import { horizonOf } from "./forecast.js";
import { readComparison } from "./comparison.js";
import { measuresOf } from "./measures.js";
import { intervalOf, parametersOf, previousQuery, rangeQuery, readRange, stepOf, writeRange } from "./range.js";

/** Of so many other aggregates the page of a key has something to tell. */
const MAX_RELATED = 4;

/** The names of the questions about one of them. */
export const relatedNames = (index) =>
  ({ series: `series ${index}`, seriesBefore: `series ${index} before`, groups: `groups ${index}` });

/** The names of the questions; those that end in `Before` are about the period before. */
export const NAMES = [
  "totals", "series", "groups", "rows", "totalsBefore", "seriesBefore", "groupsBefore", "alerts", "acknowledgedAlerts",
  "predictions",
  ...Array.from({ length: MAX_RELATED }, (_, index) => Object.values(relatedNames(index))).flat(),
];
const MAX_LINES = 6;
/** As many groups are asked for. */
export const MAX_GROUPS = 50;
const TABLE_ROWS = 50;
const VIEW_ROWS = 1000;

/** The look-back that suits the windows: enough of them for a course. */
export function usualMinutes(relation) {
  const seconds = relation?.window_seconds ?? 60;
  return seconds <= 600 ? 60 : seconds <= 3600 ? 1440 : 10080;
}

/**
 * What a hash asks for, with what is missing or unknown filled in.
 * @param relations of the catalogue; at least one.
 * @returns `relation` is null when the hash names one that is not there.
 */
export function readView(hash, relations) {
  const parameters = parametersOf(hash);
  const name = parameters.get("of");
  const relation = name === null ? relations[0] : relations.find((each) => each.name === name) ?? null;
  const range = readRange(parameters, usualMinutes(relation));
  const isCompared = readComparison(parameters);
  if (!relation) return { relation, name, range, isCompared };

  const filters = relation.keys.flatMap((column) => {
    const value = parameters.get(`key.${column}`);
    if (value !== null) return [{ column, value }];
    return parameters.getAll("null").includes(column) ? [{ column, value: null }] : [];
  });
  const free = relation.keys.filter((key) => !filters.some(({ column }) => column === key));
  const measures = measuresOf(relation);
  return {
    relation, name: relation.name, range, isCompared, filters,
    measures, measure: measures.find((each) => each.name === parameters.get("show")) ?? measures[0] ?? null,
    free, by: free.includes(parameters.get("by")) ? parameters.get("by") : free[0] ?? null,
    isLowest: parameters.get("lowest") === "true",
  };
}

/** Whether this is the page of one key: there is nothing left to tell apart, and every result has a chart. */
export const isOwnPage = ({ relation, filters, free, measures }) =>
  relation.rolls_up && relation.keys.length > 0 && free.length === 0 && filters.length > 0 && measures.length > 0;

/**
 * What other aggregates of the stream know of the key that the page is about, as views of their own: those with its
 * columns alone, then those that tell it apart by one more.
 */
export function relatedViews(view, relations) {
  if (!view.relation || !isOwnPage(view)) return [];
  const { relation, filters, range, isCompared } = view;
  const columns = filters.map(({ column }) => column);
  const shown = new Set(view.measures.map(({ name }) => name));
  return relations
    .filter((each) => each.rolls_up && each.name !== relation.name && each.stream === relation.stream
      && columns.every((column) => each.keys.includes(column)) && each.keys.length <= columns.length + 1)
    .map((each) => {
      const free = each.keys.filter((key) => !columns.includes(key));
      const measures = measuresOf(each).filter(({ name }) => free.length > 0 || !shown.has(name));
      return {
        relation: each, name: each.name, range, isCompared, filters, measures, measure: measures[0], free,
        by: free[0] ?? null, isLowest: false,
      };
    })
    .filter(({ measures }) => measures.length > 0)
    .toSorted((left, right) => left.free.length - right.free.length)
    .slice(0, MAX_RELATED);
}

/** The hash that stands for the view, with changes to it. */
export function hashOf(view, changes = {}) {
  const next = { ...view, ...changes };
  const parameters = new URLSearchParams();
  if (next.relation) parameters.set("of", next.relation.name);
  writeRange(next.range, parameters);
  if (next.measure && next.measure !== next.measures?.[0]) parameters.set("show", next.measure.name);
  if (next.by && next.by !== next.free?.[0]) parameters.set("by", next.by);
  if (next.isLowest) parameters.set("lowest", "true");
  for (const { column, value } of next.filters ?? []) {
    if (value === null) {
      parameters.append("null", column);
    } else {
      parameters.set(`key.${column}`, value);
    }
  }
  if (next.isCompared) parameters.set("compare", "on");
  return `#${parameters}`;
}

/** The address of the page of a key. @param {{aggregate: string, filters: object[], range: object}} key */
export const pageOf = ({ aggregate, filters, range, isCompared = false }) =>
  `/explore.html${hashOf({ relation: { name: aggregate }, filters, range, isCompared })}`;

/** The filters with one more, or another value of one. */
export const filtersWith = (view, column, value) =>
  [...view.filters.filter((filter) => filter.column !== column), { column, value }];

/** A key's value as a filter has it: text, or null. */
export const filterValue = (value) =>
  (value === null || value === undefined ? null : typeof value === "object" ? JSON.stringify(value) : String(value));

/** The filters, as the API takes them. */
export function filterQuery({ filters }) {
  return Object.fromEntries(filters.map(({ column, value }) =>
    (value === null ? [`key.${column}.null`, "true"] : [`key.${column}`, value])));
}

/** The step of the chart's time axis; windows are not divided. */
export const stepOfView = ({ range, relation }) => stepOf(range, Math.min(relation.window_seconds ?? 1, 604_800));

/**
 * The questions to poll, one of each of `NAMES`; those that this view does not ask have no path.
 * @param bounds answers to `totals` and `series`, if they are there: the period before is before them.
 * @param {{alerts: boolean, predictions: boolean}} has which endpoints the project has.
 * @param related as `relatedViews` has them.
 */
export function questionsOf(view, bounds = {}, has = {}, related = []) {
  const { relation } = view;
  const questions = !relation ? [] : relation.rolls_up ? rollUpsOf(view, bounds) : [rowsOfView(view)];
  if (relation && has.alerts && isOwnPage(view)) {
    questions.push(alertsOf("alerts", { acknowledged: false }), alertsOf("acknowledgedAlerts", { acknowledged: true }));
  }
  const horizon = relation && has.predictions && isOwnPage(view) ? horizonOf(view, stepOfView(view)[1]) : null;
  if (horizon) questions.push(predictionsOf("predictions", { ...rangeQuery(view.range), ...horizon }));
  related.forEach((each, index) => {
    const names = relatedNames(index);
    questions.push(...rollUpsOf(each, bounds)
      .filter(({ name }) => name in names && (name !== "groups" || each.by))
      .map((question) => ({ ...question, name: names[question.name] })));
  });
  return NAMES.map((name) => questions.find((question) => question.name === name) ?? rowsOf(name, null));
}

const scopeOf = (view) => ({ ...(view.relation.time ? rangeQuery(view.range) : {}), ...filterQuery(view) });

/** A view is not rolled up. */
function rowsOfView(view) {
  const { path, time } = view.relation;
  return rowsOf("rows", path, { ...scopeOf(view), ...(time ? { order: `-${time}` } : {}), limit: VIEW_ROWS });
}

function rollUpsOf(view, bounds) {
  const { relation, measure, by } = view;
  const filters = filterQuery(view);
  const scope = scopeOf(view);
  const rank = measure ? `${view.isLowest ? "" : "-"}${measure.name}` : null;
  const series = measure && {
    step: stepOfView(view)[0], by: by ?? "", ...(by ? { top: MAX_LINES, rank } : {}), order: relation.time,
    limit: 10000,
  };
  const groups = measure && by && { by, order: rank, limit: MAX_GROUPS };
  const [before, seriesBefore] = ["totals", "series"].map((name) =>
    (view.isCompared && measure ? previousQuery(view.range, bounds[name]) : null));
  const queries = {
    totals: measure && { ...scope, by: "" },
    series: series && { ...scope, ...series },
    groups: groups && { ...scope, ...groups },
    rows: { ...scope, limit: TABLE_ROWS },
    totalsBefore: before && { ...before, ...filters, by: "" },
    // Six lines and six before them would be none to read.
    seriesBefore: seriesBefore && !by && { ...seriesBefore, ...filters, ...series },
    groupsBefore: before && groups && { ...before, ...filters, by, limit: 1000 },
  };
  return Object.entries(queries).filter(([, query]) => query).map(([name, query]) =>
    rowsOf(name, relation.path, query));
}

/** How often to ask, in milliseconds. */
export const intervalOfView = ({ range, relation }) =>
  (relation?.rolls_up ? intervalOf(range) : Math.max(10_000, intervalOf(range)));

/** A question's address, for people. */
export function addressOf({ path, query }, changes = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries({ ...query, ...changes })) url.searchParams.set(name, value);
  return url.href;
}
