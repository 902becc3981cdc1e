// What the columns of an aggregate or a view are to this page, by the roles that the API derives from the definition.

import { formatCount, formatDuration, formatExact, formatNumber, formatRate, formatRateTick } from "./format.js";

const NUMERIC = new Set(["smallint", "integer", "bigint", "numeric", "real", "double precision"]);
const MEASURES = new Set(["count", "share", "average", "percentile", "sum", "minimum", "maximum", "other"]);

/** The columns that can be drawn, the counts first. */
export function measuresOf(relation) {
  const found = relation.columns.filter(({ role, type }) => MEASURES.has(role) && NUMERIC.has(type));
  return [...found.filter(({ role }) => role === "count"), ...found.filter(({ role }) => role !== "count")];
}

/** Whether an absent row stands for none of them: where nothing was counted the sum is 0, but the mean is unknown. */
export const isAdditive = (column) => column?.role === "count" || column?.role === "sum";

/** A column's name as a heading: `avg_speed_mbps` → `Avg speed mbps`. */
export function labelOf(column) {
  const words = column.name.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** How values of a measure are written. */
export function formatOf(column) {
  if (column.role === "share") return formatRate;
  if (column.name.endsWith("_seconds")) return formatDuration;
  return column.role === "count" ? formatCount : formatNumber;
}

/** The same on an axis. */
export const tickFormatOf = (column) => (column.role === "share" ? formatRateTick : formatOf(column));

/** With all digits that are worth reading. */
export const exactFormatOf = (column) => (column.role === "count" ? formatExact : formatOf(column));

/** A key's value as text; null has none of its own. */
export const keyText = (value) => (value === null || value === undefined ? "(none)" : value === "" ? "(empty)"
  : typeof value === "object" ? JSON.stringify(value) : String(value));

/**
 * An axis that begins at nothing, so that a change looks as large as it is; high shares differ near the top alone.
 * @param {(number | null)[][]} lines
 */
export function boundsOf(measure, lines) {
  if (measure.role !== "share") return { beginAtZero: true };
  const known = lines.flat().filter(Number.isFinite);
  const [low, high] = [Math.min(1, ...known), Math.max(0, ...known)];
  return low > 0.5
    ? { min: undefined, suggestedMin: 0.8, max: 1, suggestedMax: undefined }
    : { min: 0, suggestedMin: undefined, max: undefined, suggestedMax: high > 0.9 ? 1 : Math.max(0.05, high) };
}
