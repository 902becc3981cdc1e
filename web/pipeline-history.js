// What a page has seen of the pipeline since it was opened: figures between two readings of the metrics.

import { streamsOf, sumOf } from "./metrics.js";

// A quarter of an hour of readings.
const MAX_SAMPLES = 450;

export class PipelineHistory {
  #last = null;
  #samples = [];

  /** @returns {{at: number, figures: object}[]} ascending; of each metric an object by stream. */
  get samples() {
    return this.#samples;
  }

  /** @param metrics as `readMetrics` gives them. @param {number} at in milliseconds. */
  add(metrics, at) {
    const now = { metrics, at };
    const before = this.#last;
    this.#last = now;
    const streams = streamsOf(metrics, "streampulse_lag_records");
    const byStream = (figure) => Object.fromEntries(streams.map((stream) => [stream, known(figure(stream))]));
    const figures = {
      lag: byStream((stream) => sumOf(metrics, "streampulse_lag_records", { stream })),
      age: byStream((stream) => sumOf(metrics, "streampulse_newest_event_age_seconds", { stream })),
      events: byStream((stream) => rate(now, before, "streampulse_events_total", { stream, outcome: "consumed" })),
      commit: { all: known(meanCommit(now, before)) },
    };
    this.#samples.push({ at, figures });
    if (this.#samples.length > MAX_SAMPLES) this.#samples.shift();
  }
}

const known = (value) => (Number.isFinite(value) ? value : null);

// A counter that is smaller than before has begun anew.
function difference(now, before, name, labels) {
  if (!before) return NaN;
  const change = sumOf(now.metrics, name, labels) - sumOf(before.metrics, name, labels);
  return change >= 0 ? change : NaN;
}

const rate = (now, before, name, labels) => difference(now, before, name, labels) / ((now.at - before?.at) / 1000);

const meanCommit = (now, before) =>
  difference(now, before, "streampulse_flush_seconds_sum") / difference(now, before, "streampulse_flush_seconds_count");
