// Wires the poller to the elements of the page. The look-back lives in the URL's hash and nowhere else.

import "./elements/aggregate-panels.js";
import "./elements/alert-list.js";
import "./elements/connection-banner.js";
import "./elements/connection-status.js";
import "./elements/definitions-banner.js";
import "./elements/device-list.js";
import "./elements/downloads-chart.js";
import "./elements/region-list.js";
import "./elements/stat-card.js";
import "./elements/trending-list.js";
import { minutesOf } from "./elements/window-selector.js";
import { Poller } from "./poller.js";

const consumers = {
  realtime: [...document.querySelectorAll("stat-card")],
  trending: [document.querySelector("trending-list")],
  regions: [document.querySelector("region-list")],
  devices: [document.querySelector("device-list")],
  alerts: [document.querySelector("alert-list")],
  timeseries: [document.querySelector("downloads-chart")],
  health: [],
};
const status = document.querySelector("connection-status");
const banner = document.querySelector("connection-banner");
const noEndpoints = document.querySelector("#no-endpoints");

const poller = new Poller({
  minutes: minutesOf(location.hash),
  onAnswer(name, value, context) {
    for (const consumer of consumers[name]) {
      consumer.hidden = false;
      consumer.receive(value, context);
    }
    showWhatIsThere(name, true);
    if (name === "health") showDefinitions(value.definitions);
    if (name === "alerts") showUnacknowledged(value.unacknowledged_count);
  },
  onFailure(name, since) {
    for (const consumer of consumers[name]) consumer.markUnavailable(since);
  },
  onMissing(name) {
    for (const consumer of consumers[name]) consumer.hidden = true;
    showWhatIsThere(name, false);
  },
  onState(snapshot) {
    document.body.dataset.connection = snapshot.state;
    status.show(snapshot);
    banner.show(snapshot);
  },
});

// Which of the page's endpoints the project defines; a page with none of them says so.
const found = new Map();
function showWhatIsThere(name, isThere) {
  if (name === "health") return;
  found.set(name, isThere);
  const names = Object.keys(consumers).filter((each) => each !== "health");
  noEndpoints.hidden = !names.every((each) => found.get(each) === false);
}

function showDefinitions(definitions) {
  document.querySelector("definitions-banner").show(definitions);
  document.querySelector("aggregate-panels").show(definitions);
}

function showUnacknowledged(count) {
  document.title = count > 0 ? `(${count}) StreamPulse` : "StreamPulse";
}

window.addEventListener("hashchange", () => poller.setMinutes(minutesOf(location.hash)));
status.addEventListener("pause-toggle", () => poller.togglePause());
banner.addEventListener("retry", () => poller.retry());
poller.start();
