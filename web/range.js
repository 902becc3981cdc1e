// The stretch of time that a page is about, as a value: a look-back of complete windows, or a range of the calendar.
// It is read from the URL's hash, written back to it, and turned into what the API is asked.

/** Offered look-backs, in minutes. */
export const LOOK_BACKS = [5, 15, 60, 360, 1440, 10080];
const MINUTE_MS = 60_000;
const MAX_POINTS = 125;
const STEPS = [
  ["10s", 10], ["30s", 30], ["1m", 60], ["2m", 120], ["5m", 300], ["10m", 600], ["15m", 900], ["30m", 1800],
  ["1h", 3600], ["2h", 7200], ["3h", 10800], ["6h", 21600], ["12h", 43200], ["1d", 86400], ["7d", 604800],
];

export const parametersOf = (hash) => new URLSearchParams(hash.replace(/^#/, ""));

/**
 * The range that a hash asks for.
 * @param {URLSearchParams} parameters
 * @param otherwise the look-back where it asks for none that is offered.
 * @returns {{minutes: number} | {from: number, to: number}} in milliseconds since 1970.
 */
export function readRange(parameters, otherwise) {
  const [from, to] = [Date.parse(parameters.get("from")), Date.parse(parameters.get("to"))];
  if (from < to) return { from, to };
  const minutes = Number(parameters.get("minutes"));
  return { minutes: LOOK_BACKS.includes(minutes) ? minutes : otherwise };
}

/** Makes the parameters say this range and no other. */
export function writeRange(range, parameters) {
  for (const name of ["minutes", "from", "to"]) parameters.delete(name);
  if (isLookBack(range)) {
    parameters.set("minutes", range.minutes);
  } else {
    parameters.set("from", timeText(range.from));
    parameters.set("to", timeText(range.to));
  }
}

export const isLookBack = (range) => range.minutes !== undefined;

export const minutesIn = (range) => range.minutes ?? (range.to - range.from) / MINUTE_MS;

/** As the API takes it. */
export const rangeQuery = (range) =>
  (isLookBack(range) ? { minutes: range.minutes } : { start: timeText(range.from), end: timeText(range.to) });

/** The step of a time axis, as the API names it and in seconds: the shortest with which it has not too many points. */
export function stepOf(range, leastSeconds = 1) {
  const seconds = Math.max((minutesIn(range) * 60) / MAX_POINTS, leastSeconds);
  return STEPS.find(([, length]) => length >= seconds) ?? STEPS.at(-1);
}

/**
 * The stretch before, of the same length.
 * @param bounds an answer for the range, with its `start` and, where it has one, its `end`.
 * @returns what to ask the API, or null when the answer has no beginning.
 */
export function previousQuery(range, bounds) {
  const start = Date.parse(bounds?.start);
  if (!Number.isFinite(start)) return null;
  return { start: timeText(start - minutesIn(range) * MINUTE_MS), end: timeText(start) };
}

/** How often to ask, in milliseconds: long ranges cost the database more and change less. */
export function intervalOf(range) {
  const minutes = minutesIn(range);
  return minutes <= 60 ? 2000 : minutes <= 1440 ? 10_000 : 30_000;
}

const timeText = (time) => new Date(time).toISOString().replace(".000Z", "Z");
