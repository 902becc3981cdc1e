// Rows over time as lines: one per group, on one grid of times, gaps included.

const MAX_POINTS = 2000;

/**
 * @param rows with a member for each of `time`, `measure` and `by`.
 * @param {{time: string, measure: string, by: string | null, isAdditive: boolean, stepMs: number, maxLines: number,
 *   completeUntil: string | null}} options where nothing was counted an additive measure is 0, others are unknown.
 * @returns {{times: Date[], isRunning: boolean[], lines: {key: any, values: (number | null)[]}[]}}
 *   `isRunning`: the stretch that begins then is not complete.
 */
export function seriesOf(rows, { time, measure, by, isAdditive, stepMs, maxLines, completeUntil }) {
  const groups = new Map();
  const ends = new Map();
  for (const row of rows) {
    const start = Date.parse(row[time]);
    if (!Number.isFinite(start)) continue;
    const key = by ? row[by] : null;
    const name = JSON.stringify(key);
    if (!groups.has(name)) groups.set(name, { key, values: new Map() });
    groups.get(name).values.set(start, Number.isFinite(row[measure]) ? row[measure] : null);
    ends.set(start, Math.max(ends.get(start) ?? 0, Date.parse(row.window_end) || start));
  }
  const times = grid([...ends.keys()].sort((left, right) => left - right), stepMs);
  const complete = Date.parse(completeUntil);
  const lines = [...groups.values()].map(({ key, values }) => ({
    key, values: times.map((start) => values.get(start) ?? (isAdditive && !values.has(start) ? 0 : null)),
  }));
  return {
    times: times.map((start) => new Date(start)),
    isRunning: times.map((start) => completeUntil !== undefined && !((ends.get(start) ?? start) <= complete)),
    lines: largest(lines, maxLines),
  };
}

/**
 * Rows of one group over time, on one grid, gaps included.
 * @param {number} stepMs of the grid.
 * @param {string | undefined} completeUntil of the answer.
 * @returns {{times: Date[], isRunning: boolean[], rows: (object | null)[]}}
 */
export function timelineOf(rows, stepMs, completeUntil) {
  const byStart = new Map();
  for (const row of rows) {
    const start = Date.parse(row.window_start);
    if (Number.isFinite(start)) byStart.set(start, row);
  }
  const times = grid([...byStart.keys()].sort((left, right) => left - right), stepMs);
  const complete = Date.parse(completeUntil);
  return {
    times: times.map((time) => new Date(time)),
    isRunning: times.map((time) => Number.isFinite(complete)
      && (Date.parse(byStart.get(time)?.window_end) || time + stepMs) > complete),
    rows: times.map((time) => byStart.get(time) ?? null),
  };
}

/**
 * The rows of the period before, each under the time that lies so much later.
 * @param {Date[]} times of the period that is shown.
 * @param {number} shiftMs
 */
export function shiftedTo(times, rows, shiftMs) {
  const byStart = new Map(rows.map((row) => [Date.parse(row.window_start) + shiftMs, row]));
  return times.map((time) => byStart.get(time.getTime()) ?? null);
}

// Every step between the first and the last time, as long as all times are on one grid: windows of months are on none.
function grid(times, stepMs) {
  if (times.length === 0) return [];
  const steps = times.slice(1).map((time, index) => time - times[index]);
  const step = Math.min(stepMs, ...steps);
  const last = times.at(-1);
  if (!(step > 0) || steps.some((each) => each % step !== 0) || (last - times[0]) / step > MAX_POINTS) return times;
  const filled = [];
  for (let time = times[0]; time <= last; time += step) filled.push(time);
  return filled;
}

// The greatest first, by their mean: lines have equally many points, but not all are known.
function largest(lines, count) {
  const mean = ({ values }) => {
    const known = values.filter((value) => value !== null);
    return known.reduce((total, value) => total + value, 0) / (known.length || 1);
  };
  return lines.toSorted((left, right) => mean(right) - mean(left)).slice(0, count);
}
