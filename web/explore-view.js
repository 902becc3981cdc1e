// What the explore page shows, as a value: read from the URL's hash and written back to it, and the questions to the
// API that it stands for.

import { rowsOf } from "./api.js";
import { measuresOf } from "./measures.js";

export const NAMES = ["totals", "series", "groups", "rows"];
const MAX_LINES = 6;
const MAX_GROUPS = 50;
const TABLE_ROWS = 50;
const VIEW_ROWS = 1000;
const MAX_POINTS = 125;
const STEPS = [
  ["10s", 10], ["30s", 30], ["1m", 60], ["2m", 120], ["5m", 300], ["10m", 600], ["15m", 900], ["30m", 1800],
  ["1h", 3600], ["2h", 7200], ["3h", 10800], ["6h", 21600], ["12h", 43200], ["1d", 86400], ["7d", 604800],
];

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
export function readView(hash, relations, choices) {
  const parameters = new URLSearchParams(hash.replace(/^#/, ""));
  const name = parameters.get("of");
  const relation = name === null ? relations[0] : relations.find((each) => each.name === name) ?? null;
  const usual = usualMinutes(relation);
  const asked = Number(parameters.get("minutes"));
  const minutes = choices.includes(asked) ? asked : usual;
  if (!relation) return { relation, name, minutes, usual };

  const filters = relation.keys.flatMap((column) => {
    const value = parameters.get(`key.${column}`);
    if (value !== null) return [{ column, value }];
    return parameters.getAll("null").includes(column) ? [{ column, value: null }] : [];
  });
  const free = relation.keys.filter((key) => !filters.some(({ column }) => column === key));
  const measures = measuresOf(relation);
  return {
    relation, name: relation.name, minutes, usual, filters,
    measures, measure: measures.find((each) => each.name === parameters.get("show")) ?? measures[0] ?? null,
    free, by: free.includes(parameters.get("by")) ? parameters.get("by") : free[0] ?? null,
    isLowest: parameters.get("lowest") === "true",
  };
}

/** The hash that stands for the view, with changes to it. */
export function hashOf(view, changes = {}) {
  const next = { ...view, ...changes };
  const parameters = new URLSearchParams();
  if (next.relation) parameters.set("of", next.relation.name);
  parameters.set("minutes", next.minutes);
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
  return `#${parameters}`;
}

/** The filters with one more, or another value of one. */
export const filtersWith = (view, column, value) =>
  [...view.filters.filter((filter) => filter.column !== column), { column, value }];

/** A key's value as a filter has it: text, or null. */
export const filterValue = (value) =>
  (value === null || value === undefined ? null : typeof value === "object" ? JSON.stringify(value) : String(value));

/** The look-back and the filters, as the API takes them. */
export function scopeOf(view) {
  const scope = view.relation.time ? { minutes: view.minutes } : {};
  for (const { column, value } of view.filters) {
    if (value === null) {
      scope[`key.${column}.null`] = "true";
    } else {
      scope[`key.${column}`] = value;
    }
  }
  return scope;
}

/** The step of the chart's time axis: the shortest with which it has not too many points. */
export function stepOf(view) {
  const seconds = Math.max((view.minutes * 60) / MAX_POINTS, 1);
  return STEPS.find(([, length]) => length >= seconds) ?? STEPS.at(-1);
}

/** The questions to poll, one of each of `NAMES`; those that this view does not ask have no path. */
export function questionsOf(view) {
  const { relation, measure, by } = view;
  if (!relation) return NAMES.map((name) => rowsOf(name, null));
  const scope = scopeOf(view);
  const rank = measure ? `${view.isLowest ? "" : "-"}${measure.name}` : null;
  if (!relation.rolls_up) {
    const order = relation.time ? { order: `-${relation.time}` } : {};
    return NAMES.map((name) =>
      rowsOf(name, name === "rows" ? relation.path : null, { ...scope, ...order, limit: VIEW_ROWS }));
  }
  const queries = {
    totals: measure && { ...scope, by: "" },
    series: measure && {
      ...scope, step: stepOf(view)[0], by: by ?? "", ...(by ? { top: MAX_LINES, rank } : {}), order: relation.time,
      limit: 10000,
    },
    groups: measure && by && { ...scope, by, order: rank, limit: MAX_GROUPS },
    rows: { ...scope, limit: TABLE_ROWS },
  };
  return NAMES.map((name) => rowsOf(name, queries[name] ? relation.path : null, queries[name] ?? {}));
}

/** How often to ask, in milliseconds: long ranges cost the database more and change less. */
export function intervalOf(view) {
  if (view.minutes <= 60 && view.relation?.rolls_up) return 2000;
  return view.minutes <= 1440 ? 10_000 : 30_000;
}

/** A question's address, for people. */
export function addressOf({ path, query }, changes = {}) {
  const url = new URL(path, location.origin);
  for (const [name, value] of Object.entries({ ...query, ...changes })) url.searchParams.set(name, value);
  return url.href;
}
