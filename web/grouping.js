// Alerts of one incident, or of one kind about one key that follow upon each other, are one matter: what people are
// told of, and act upon.

import { formatExact } from "./format.js";

// A pause of so much between two windows makes another matter of it.
const PAUSE_MS = 10 * 60_000;
// Where nobody says whether it goes on: as long as its last window ended so recently.
const FRESH_MS = 3 * 60_000;

/** HIGH_ERROR_RATE → High error rate */
export function readable(code) {
  const words = String(code ?? "").replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The key's values, as text: `JP-Tokyo`, or `iPhone · iOS 17.2`. */
export function keyOf(alert) {
  const key = alert.key && typeof alert.key === "object" ? Object.values(alert.key) : [alert.region];
  return key.filter((value) => value !== null && value !== undefined).join(" · ");
}

/** The key, as filters of the page of it. */
export const filtersOf = (alert) =>
  Object.entries(alert.key ?? {}).map(([column, value]) => ({ column, value: value === null ? null : String(value) }));

// As many keys, and kinds, of a group are named; others are counted.
const NAMED_KEYS = 3;

/** The distinct ones, the first in front: `JP-Tokyo, UK-London, US-Texas and 3 more`. */
function named(texts) {
  const distinct = [...new Set(texts)].filter(Boolean);
  const rest = distinct.length - NAMED_KEYS;
  return distinct.slice(0, NAMED_KEYS).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}

/** What is measured, of one key, by one kind of alert: values that may be compared, and drawn as one line. */
const seriesOf = (alert) => JSON.stringify([alert.alert_type, alert.metric_name, keyOf(alert)]);

/**
 * @param alerts of the API, in any order.
 * @param {Date} now the server's clock.
 * @returns the groups: critical and firing ones first, then the newest.
 *   `alerts` is ascending in time, `lead` the one that tells most: firing, critical, the newest. `series` are all that
 *   tell of the same kind and key as it does, `subjects` the newest alert of each kind and key. `state` is "open" or
 *   "acknowledged"; `isFiring`: any of them is.
 */
export function groupsOf(alerts, now) {
  const groups = new Map();
  for (const alert of alerts.toSorted((left, right) => timeOf(left) - timeOf(right) || left.id - right.id)) {
    const name = JSON.stringify([alert.incident ?? [alert.alert_type, keyOf(alert)], Boolean(alert.acknowledged_at)]);
    const runs = groups.get(name) ?? [];
    const run = runs.at(-1);
    const isGrouped = alert.incident !== null && alert.incident !== undefined;
    if (run && (isGrouped || timeOf(alert) - timeOf(run.at(-1)) <= PAUSE_MS)) {
      run.push(alert);
    } else {
      runs.push([alert]);
    }
    groups.set(name, runs);
  }
  return [...groups.values()].flat().map((run) => groupOf(run, now))
    .toSorted((left, right) => rank(right) - rank(left) || right.lastTime - left.lastTime);
}

const rank = ({ isFiring, severity }) => (isFiring ? 4 : 0) + ({ critical: 2, warning: 1 }[severity] ?? 0);

/** As the colours of the page have it. */
const levelOf = ({ severity }) => (String(severity).toLowerCase() === "critical" ? "bad" : "warn");

/** How many alerts a group has, where it is more than one. */
export const countOf = (alerts) => (alerts.length > 1 ? `${formatExact(alerts.length)} alerts` : null);

/** Alerts as charts mark them. */
export const marksOf = (alerts) => alerts.map((alert) => ({ time: timeOf(alert), level: levelOf(alert) }));

/** When what it tells began. */
export const timeOf = (alert) => Date.parse(alert.window_start ?? alert.created_at);

const endOf = (alert) => Date.parse(alert.window_end ?? alert.created_at);

/** Without a state it is told by time. */
export const isFiring = (alert, now) =>
  (alert.state ? alert.state === "firing" : now - endOf(alert) < FRESH_MS);

const weightOf = (alert, now) => (isFiring(alert, now) ? 2 : 0) + (levelOf(alert) === "bad" ? 1 : 0);

function groupOf(run, now) {
  const subjects = [...new Map(run.map((alert) => [seriesOf(alert), alert])).values()];
  const lead = subjects.reduce((most, alert) => (weightOf(alert, now) >= weightOf(most, now) ? alert : most));
  const series = run.filter((alert) => seriesOf(alert) === seriesOf(lead));
  const severities = run.map((alert) => String(alert.severity).toLowerCase());
  return {
    // The first alert stays the first of its group while others follow.
    id: `${run[0].id}${run[0].acknowledged_at ? "a" : ""}`,
    alerts: run, lead, series, subjects, lastTime: Math.max(...run.map(endOf)), firstTime: timeOf(run[0]),
    type: named([lead, ...run].map(({ alert_type: type }) => readable(type))), key: named(run.map(keyOf)),
    severity: severities.includes("critical") ? "critical" : severities.at(-1),
    state: run[0].acknowledged_at ? "acknowledged" : "open",
    acknowledgedBy: run.at(-1).acknowledged_by ?? null,
    isFiring: run.some((alert) => isFiring(alert, now)),
    peak: series.reduce((most, alert) => (Math.abs(alert.metric_value) > Math.abs(most) ? alert.metric_value : most), 0),
  };
}
