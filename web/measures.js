// What the columns of an aggregate or a view are to this page: by what the definition says of them to pages, else by the
// roles that the API derives from it.

import {
  formatBytes, formatCount, formatCurrency, formatDuration, formatExact, formatMilliseconds, formatNumber, formatRate,
  formatRateTick, withUnit,
} from "./format.js";

const NUMERIC = new Set(["smallint", "integer", "bigint", "numeric", "real", "double precision"]);
const MEASURES = new Set(["count", "share", "average", "percentile", "sum", "minimum", "maximum", "other"]);

/** The columns that are figures, the counts first. */
export function numbersOf(relation) {
  const found = relation.columns.filter(({ role, type }) => MEASURES.has(role) && NUMERIC.has(type));
  return [...found.filter(({ role }) => role === "count"), ...found.filter(({ role }) => role !== "count")];
}

/** Those of them that are drawn. */
export const measuresOf = (relation) => numbersOf(relation).filter(({ chart }) => chart !== "none");

/** Whether an absent row stands for none of them: where nothing was counted the sum is 0, but the mean is unknown. */
export const isAdditive = (column) => column?.role === "count" || column?.role === "sum";

const UNIT_WORDS = {
  bytes: ["bytes"], duration: ["seconds"], milliseconds: ["ms", "milliseconds"], percent: ["percent"],
  s: ["seconds"], ms: ["milliseconds"], "%": ["percent"],
};

/**
 * A column's name as a heading, without the unit that its values are written with: `avg_speed_mbps` → `Average speed`;
 * but not where it would say nothing without: `p95_bytes` → `P95 bytes`, `donations_usd` → `Donations USD`.
 */
export function labelOf(column) {
  const words = column.name.split("_").filter(Boolean);
  const unit = column.unit?.toLowerCase();
  const units = [...(UNIT_WORDS[writtenAs(column)] ?? []), unit, ...(UNIT_WORDS[unit] ?? [])];
  if (words.length > 1 && units.includes(words.at(-1).toLowerCase())) {
    if (column.format === "currency") words.push(words.pop().toUpperCase());
    else if (words.length > 2 || !/^p\d+$/i.test(words[0])) words.pop();
  }
  if (words[0] === "avg") words[0] = "average";
  const text = words.length > 0 ? words.join(" ") : column.name;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The format of its values, where they have one that its name can tell, too. */
const writtenAs = (column) => column.format ?? (column.name.endsWith("_seconds") ? "duration" : null);

const FORMATS = {
  count: () => formatCount, number: ({ unit }) => withUnit(formatNumber, unit), percent: () => formatRate,
  bytes: () => formatBytes, duration: () => formatDuration, milliseconds: () => formatMilliseconds,
  currency: ({ unit }) => formatCurrency(unit),
};

/** Whether its values are parts of one. */
export const isPercent = ({ role, format }) => (format ? format === "percent" : role === "share");

/** How values of a measure are written. */
export function formatOf(column) {
  if (FORMATS[column.format]) return FORMATS[column.format](column);
  if (column.role === "share") return formatRate;
  if (writtenAs(column) === "duration") return formatDuration;
  return column.role === "count" ? formatCount : formatNumber;
}

/** The same on an axis. */
export const tickFormatOf = (column) => (isPercent(column) ? formatRateTick : formatOf(column));

/** With all digits that are worth reading. */
export const exactFormatOf = (column) =>
  ((column.format ?? column.role) === "count" ? formatExact : formatOf(column));

/** How a single line of it is drawn. */
export const chartOf = (column) => (column.chart ?? (column.role === "count" ? "bar" : "line"));

/** How far a value is from good: "critical", "warning", or null where it is, or nobody has said. */
export function levelOf({ thresholds }, value) {
  if (!thresholds || !Number.isFinite(value)) return null;
  const isBeyond = (bound) => bound !== null && (thresholds.bad === "above" ? value > bound : value < bound);
  return isBeyond(thresholds.critical) ? "critical" : isBeyond(thresholds.warning) ? "warning" : null;
}

/** Where values are that are no longer good, as charts draw it. */
export function bandsOf({ thresholds }) {
  if (!thresholds) return [];
  const { warning, critical, bad } = thresholds;
  const far = bad === "above" ? Number.MAX_SAFE_INTEGER : -Number.MAX_SAFE_INTEGER;
  const band = (near, end, level) => ({ from: Math.min(near, end), to: Math.max(near, end), level });
  return [...(warning === null ? [] : [band(warning, critical, "warn")]), band(critical, far, "bad")];
}

/** A key's value as text; null has none of its own. */
export const keyText = (value) => (value === null || value === undefined ? "(none)" : value === "" ? "(empty)"
  : typeof value === "object" ? JSON.stringify(value) : String(value));

/**
 * An axis that begins at nothing, so that a change looks as large as it is; high shares differ near the top alone. A
 * threshold that values come near to is on it.
 * @param {(number | null)[][]} lines
 */
export function boundsOf(measure, lines) {
  const known = lines.flat().filter(Number.isFinite);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const { warning = null, critical, bad } = measure.thresholds ?? {};
  const isNear = bad === "above" && high > 0.5 * (warning ?? critical);
  const top = isNear ? 1.1 * Math.max(high, critical) : undefined;
  if (!isPercent(measure)) return { beginAtZero: true, suggestedMax: top };
  return known.length > 0 && low > 0.5
    ? { min: undefined, suggestedMin: Math.min(0.8, ...(bad === "below" ? [critical - 0.05] : [])), max: 1,
      suggestedMax: undefined }
    : { min: 0, suggestedMin: undefined, max: undefined,
      suggestedMax: high > 0.9 ? 1 : top ?? Math.max(0.05, high) };
}
