// Wires the page of the pipeline: health, metrics, partitions and dead letters.

import "./elements/dead-letters.js";
import "./elements/partition-table.js";
import "./elements/pipeline-services.js";
import "./elements/pipeline-streams.js";
import "./elements/rate-panel.js";
import { catalogue, health, metrics, overviewPaths, rowsOf } from "./api.js";
import { makePoller, showPages } from "./frame.js";
import { readMetrics } from "./metrics.js";
import { PipelineHistory } from "./pipeline-history.js";

const part = (name) => document.querySelector(name);
const panels = [...document.querySelectorAll("rate-panel")];
const tables = { partitions: part("partition-table"), letters: part("dead-letters") };
const history = new PipelineHistory();

const poller = makePoller({
  endpoints: [
    metrics, rowsOf("partitions", "/api/stats/partitions"), rowsOf("letters", "/api/stats/dead_letters"), catalogue,
    health,
  ],
  onAnswer(name, value, context) {
    if (name === "catalogue") showPages(value.endpoints.map(({ path }) => path), overviewPaths);
    if (name === "health") {
      part("pipeline-services").show(value);
      part("pipeline-streams").receive({ data: value.streams }, context);
    }
    if (name === "metrics") {
      const read = readMetrics(value);
      history.add(read, Date.now());
      for (const panel of panels) panel.receive(history.samples, context);
    }
    if (tables[name]) {
      tables[name].hidden = false;
      tables[name].receive(value, context);
    }
  },
  onFailure(name, since, error) {
    if (name === "metrics") panels.forEach((panel) => panel.markUnavailable(since, error));
    if (name === "health") part("pipeline-streams").markUnavailable(since, error);
    tables[name]?.markUnavailable(since, error);
  },
  onMissing(name) {
    if (tables[name]) tables[name].hidden = true;
  },
});
poller.start();
