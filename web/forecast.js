// Forecasts of a key's results: what to ask for, and the band that is drawn behind a line.

// In minutes, as the API has them.
const HORIZONS = [5, 15, 60, 1440];

/**
 * What to ask the API for the band of a page; null: its results have none, or a point of its charts is several windows.
 * The nearest horizon: a band of what was known just before shows best what was not to be expected.
 * @param stepSeconds of the charts.
 */
export function horizonOf({ relation, filters, measures }, stepSeconds) {
  const window = relation.window_seconds;
  if (!measures.some(({ forecast }) => forecast) || !(stepSeconds <= window)) return null;
  const horizon = HORIZONS.find((minutes) => (minutes * 60) % window === 0);
  // As the API puts the values of several columns together.
  const byName = filters.toSorted((left, right) => (left.column < right.column ? -1 : 1));
  return horizon === undefined ? null
    : { aggregate: relation.name, key: byName.map(({ value }) => value ?? "").join(","), horizon };
}

/**
 * The band of a result at the times of a chart.
 * @param predictions rows of the API; null: they are not known.
 * @param {Date[]} times
 * @returns {{low: (number | null)[], high: (number | null)[], expected: (number | null)[], label: string} | null}
 */
export function bandAt(predictions, column, times) {
  const rows = new Map((predictions ?? []).filter(({ measure }) => measure === column.name)
    .map((row) => [Date.parse(row.window_start), row]));
  const found = times.map((time) => rows.get(time.getTime()) ?? null);
  const some = found.find((row) => row !== null);
  if (!some) return null;
  const of = (name) => found.map((row) => (Number.isFinite(row?.[name]) ? row[name] : null));
  return { low: of("low95"), high: of("high95"), expected: of("expected"), label: aheadText(some.horizon_minutes) };
}

const aheadText = (minutes) => (minutes >= 1440 ? "a day" : minutes >= 60 ? "an hour" : `${minutes} minutes`);
