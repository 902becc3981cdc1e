// The metrics of the server, as Prometheus reads them.

/** @returns {Map<string, {labels: object, value: number}[]>} by name. */
export function readMetrics(text) {
  const found = new Map();
  for (const line of text.split("\n")) {
    const parts = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
    if (!parts) continue;
    const labels = Object.fromEntries(
      [...(parts[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [name, value]));
    if (!found.has(parts[1])) found.set(parts[1], []);
    found.get(parts[1]).push({ labels, value: Number(parts[3]) });
  }
  return found;
}

/** The sum of all series of a name that have these labels; NaN: there is none. */
export function sumOf(metrics, name, labels = {}) {
  const series = (metrics.get(name) ?? []).filter((each) =>
    Object.entries(labels).every(([label, value]) => each.labels[label] === value));
  return series.length === 0 ? NaN : series.reduce((sum, { value }) => sum + value, 0);
}

/** The streams that have series of a name. */
export const streamsOf = (metrics, name) => [...new Set((metrics.get(name) ?? []).map(({ labels }) => labels.stream))];
