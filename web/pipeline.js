// Wires the page of the pipeline: health, metrics, how far event time is complete, and dead letters.

import "./elements/dead-letters.js";
import "./elements/pipeline-ledger.js";
import "./elements/pipeline-services.js";
import "./elements/pipeline-streams.js";
import "./elements/rate-panel.js";
import { catalogue, health, ledger, metrics, request, rowsOf } from "./api.js";
import { makePoller } from "./frame.js";
import { readMetrics, sumOf } from "./metrics.js";
import { PipelineHistory } from "./pipeline-history.js";

const part = (name) => document.querySelector(name);
const panels = [...document.querySelectorAll("rate-panel")];
const streams = part("pipeline-streams");
const letters = part("dead-letters");
const proof = part("pipeline-ledger");
const history = new PipelineHistory();
let relations = [];
let isAsking = false;

const poller = makePoller({
  endpoints: [metrics, rowsOf("letters", "/api/stats/dead_letters"), catalogue, ledger, health],
  onAnswer(name, value, context) {
    if (name === "catalogue") relations = value.data;
    if (name === "health") {
      part("pipeline-services").show(value);
      streams.receive({ data: value.streams }, context);
      askReach(value.streams);
    }
    if (name === "metrics") {
      const read = readMetrics(value);
      history.add(read, Date.now());
      for (const panel of panels) panel.receive(history.samples, context);
      streams.partitions = sumOf(read, "streampulse_assigned_partitions");
    }
    if (name === "ledger") {
      proof.hidden = false;
      proof.receive(value, context);
    }
    if (name === "letters") {
      letters.hidden = false;
      letters.receive(value, context);
    }
  },
  onFailure(name, since, error) {
    if (name === "metrics") panels.forEach((panel) => panel.markUnavailable(since, error));
    if (name === "health") streams.markUnavailable(since, error);
    if (name === "ledger") proof.markUnavailable(since, error);
    if (name === "letters") letters.markUnavailable(since, error);
  },
  onMissing(name) {
    if (name === "letters") letters.hidden = true;
    if (name === "ledger") proof.hidden = true;
  },
});

/** How far a stream's event time is complete is told with the rows of any of its aggregates. */
async function askReach(known) {
  if (isAsking) return;
  isAsking = true;
  for (const { name } of known) {
    const relation = relations.find(({ stream }) => stream === name);
    if (!relation) continue;
    try {
      const { value } = await request(rowsOf(name, relation.path, { limit: 1 }), new AbortController().signal);
      streams.receiveReach(name, value.complete_until);
    } catch {
      // The banner says what is wrong.
    }
  }
  isAsking = false;
}

poller.start();
