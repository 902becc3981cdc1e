// Numbers and times as text, in the reader's locale. Whatever is not a number is an em dash.

const ABSENT = "—";
const COMPACT_FROM = 10_000_000;

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(undefined, {
  style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1,
});
const percentTick = new Intl.NumberFormat(undefined, { style: "percent", maximumFractionDigits: 1 });
const change = new Intl.NumberFormat(undefined, {
  style: "percent", maximumFractionDigits: 1, signDisplay: "exceptZero",
});
const points = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1, signDisplay: "exceptZero" });
const plain = new Intl.NumberFormat(undefined, { maximumSignificantDigits: 4 });
const speed = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const unit = (name, digits) =>
  new Intl.NumberFormat(undefined, { style: "unit", unit: name, unitDisplay: "narrow", maximumFractionDigits: digits });
const units = {
  second: unit("second", 1), wholeSecond: unit("second", 0), minute: unit("minute", 0), hour: unit("hour", 0),
};
const dayAndMinute = new Intl.DateTimeFormat(undefined, {
  month: "short", day: "numeric", hour: "2-digit", minute: "2-digit",
});
const day = new Intl.DateTimeFormat(undefined, { month: "short", day: "numeric" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });
const minute = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" });
const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });

const guarded = (format) => (value) => (Number.isFinite(value) ? format(value) : ABSENT);

/** All digits up to ten million, then three or so. */
export const formatCount = guarded((value) => (value < COMPACT_FROM ? whole : compact).format(value));

/** All digits. */
export const formatExact = guarded((value) => whole.format(value));

/** Whatever it measures: four digits, whole ones all. */
export const formatNumber = guarded((value) => (
  Math.abs(value) >= COMPACT_FROM ? compact : Math.abs(value) >= 1000 ? whole : plain).format(value));

/**
 * Rounded, but never up to a whole per cent, where thresholds are: 94.96 % is not shown as the 95.0 % that would be
 * healthy, nor one failure in a million as 100 %.
 * @param value a share, 0 to 1.
 */
export const formatRate = guarded((value) => {
  const [rounded, below] = [Math.round(value * 1000), Math.floor(value * 1000)];
  return percent.format((rounded > value * 1000 && rounded % 10 === 0 ? below : rounded) / 1000);
});

/** A share on an axis, where 95 % needs no decimals. */
export const formatRateTick = guarded((value) => percentTick.format(value));

/** A part of the whole. */
export const formatShare = guarded((value) => percentTick.format(value));

const BYTES = ["B", "kB", "MB", "GB", "TB", "PB"];

/** Of powers of 1000, as networks and disks are sold. */
export const formatBytes = guarded((value) => {
  const power = Math.min(Math.max(Math.floor(Math.log10(Math.abs(value) || 1) / 3), 0), BYTES.length - 1);
  return `${plain.format(value / 1000 ** power)} ${BYTES[power]}`;
});

/** @param {string | undefined} unit behind it. */
export const withUnit = (format, unit) => (unit ? guarded((value) => `${format(value)} ${unit}`) : format);

const currencies = new Map();

/** @param {string} code of three letters. */
export function formatCurrency(code) {
  if (!currencies.has(code)) {
    const exact = new Intl.NumberFormat(undefined, { style: "currency", currency: code });
    const rough = new Intl.NumberFormat(undefined, { style: "currency", currency: code, maximumFractionDigits: 0 });
    currencies.set(code, guarded((value) => (Math.abs(value) >= 10_000 ? rough : exact).format(value)));
  }
  return currencies.get(code);
}

export const formatSpeed = guarded((value) => `${speed.format(value)} Mbps`);

/** @param value seconds. */
export const formatDuration = guarded((value) => {
  if (value < 60) return units.second.format(value);
  const seconds = Math.round(value);
  if (seconds < 3600) {
    return `${units.minute.format(Math.floor(seconds / 60))} ${units.wholeSecond.format(seconds % 60)}`;
  }
  return `${units.hour.format(Math.floor(seconds / 3600))} ${units.minute.format(Math.floor((seconds % 3600) / 60))}`;
});

/** @param value milliseconds. */
export const formatMilliseconds = guarded((value) =>
  (Math.abs(value) < 1000 ? `${plain.format(value)} ms` : formatDuration(value / 1000)));

/** The relative change from `before`, which is not 0, to `now`; signed. */
export const formatChange = (now, before) =>
  (now / before >= 10 ? `× ${plain.format(Math.round(now / before))}` : change.format(now / before - 1));

/** The change of a share in percentage points, signed. */
export const formatPoints = (now, before) => `${points.format((now - before) * 100)} pp`;

export const formatClock = (date) => clock.format(date);
export const formatMinute = (date) => minute.format(date);
export const formatDayAndMinute = (date) => dayAndMinute.format(date);
export const formatDay = (date) => day.format(date);
export const formatFullTime = (date) => full.format(date);

/** How long `date` lies before `now`, in the largest fitting unit; a date ahead of the clock is "now". */
export function formatAgo(date, now) {
  const seconds = Math.max(0, Math.round((now - date) / 1000));
  if (seconds < 60) return relative.format(-seconds, "second");
  if (seconds < 3600) return relative.format(-Math.floor(seconds / 60), "minute");
  if (seconds < 86400) return relative.format(-Math.floor(seconds / 3600), "hour");
  return relative.format(-Math.floor(seconds / 86400), "day");
}

export function formatMinutesBack(minutes) {
  if (minutes === 60) return "last hour";
  if (minutes % 1440 === 0) return minutes === 1440 ? "last 24 hours" : `last ${minutes / 1440} days`;
  return minutes % 60 === 0 ? `last ${minutes / 60} hours` : `last ${minutes} minutes`;
}

/** A range of the page, as a heading has it. */
export function formatRange(range) {
  return range.minutes !== undefined ? formatMinutesBack(range.minutes)
    : dayAndMinute.formatRange(new Date(range.from), new Date(range.to));
}

/** How times in equal steps are written: as much of each as tells them apart. */
export function timeFormatOf(times) {
  if (times.length > 0 && times.at(-1) - times[0] > 86_400_000) {
    return times.every((each) => each.getHours() + each.getMinutes() === 0) ? formatDay : formatDayAndMinute;
  }
  return times.every((each) => each.getTime() % 60_000 === 0) ? formatMinute : formatClock;
}

/** How old something is, for a line that is read at a glance: `0.4 s`, `12 s`, `3 min 5 s`. */
export const formatAge = (seconds) =>
  (seconds < 10 ? `${speed.format(Math.max(0, seconds))} s` : formatDuration(Math.round(seconds)));

/** `hop 600 seconds of 3600 seconds` → `hop 10 minutes of 1 hour`: lengths in the largest unit that divides them. */
export const formatWindow = (text) => text.replace(/\b(\d+) (seconds|days|months)\b/g, (_, digits, name) => {
  const units = { seconds: [["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]] }[name]
    ?? [[name.slice(0, -1), 1]];
  const [unitName, length] = units.find(([, each]) => digits % each === 0);
  const count = digits / length;
  return `${count} ${unitName}${count === 1 ? "" : "s"}`;
});
