// The minutes that the chart shows: every minute of the range, also those without downloads.

const MINUTE_MS = 60_000;
// A day; whatever range an answer claims, the chart stays drawable.
const MAX_MINUTES = 1440;

/**
 * @param answer of /api/stats/timeseries.
 * @param {Date} now the server's clock.
 * @returns {{start: Date, downloads: number, successRate: number | null, isRunning: boolean}[]}
 *   ascending; `isRunning`: the minute is not over, so its count will grow.
 */
export function minuteSeries(answer, now) {
  const rows = new Map();
  for (const row of answer.data) {
    const start = Date.parse(row.window_start);
    if (Number.isFinite(start)) rows.set(Math.floor(start / MINUTE_MS) * MINUTE_MS, row);
  }
  const starts = [...rows.keys()].sort((left, right) => left - right);
  if (starts.length === 0) return [];
  const from = Math.min(starts[0], firstMinute(answer.start_time) ?? starts[0]);
  const to = Math.max(starts.at(-1), lastMinute(answer.end_time) ?? starts.at(-1));
  const series = [];
  for (let start = Math.max(from, to - (MAX_MINUTES - 1) * MINUTE_MS); start <= to; start += MINUTE_MS) {
    const row = rows.get(start);
    series.push({
      start: new Date(start),
      downloads: row?.total_downloads ?? 0,
      successRate: row && row.total_downloads > 0 ? row.success_rate : null,
      isRunning: start + MINUTE_MS > now.getTime(),
    });
  }
  return series;
}

// The first whole minute of the range.
function firstMinute(time) {
  const value = Date.parse(time);
  return Number.isFinite(value) ? Math.ceil(value / MINUTE_MS) * MINUTE_MS : null;
}

// The last minute that began before the range ended.
function lastMinute(time) {
  const value = Date.parse(time);
  return Number.isFinite(value) ? (Math.ceil(value / MINUTE_MS) - 1) * MINUTE_MS : null;
}
