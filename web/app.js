// Wires the poller to the elements of the page. The look-back lives in the URL's hash and nowhere else.

import "./elements/alert-list.js";
import "./elements/connection-banner.js";
import "./elements/connection-status.js";
import "./elements/definitions-banner.js";
import "./elements/device-list.js";
import "./elements/downloads-chart.js";
import "./elements/region-list.js";
import "./elements/stat-card.js";
import "./elements/token-form.js";
import "./elements/trending-list.js";
import { minutesOf } from "./elements/window-selector.js";
import { catalogue, endpoints, request } from "./api.js";
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

const poller = new Poller({
  endpoints,
  minutes: minutesOf(location.hash),
  onAnswer(name, value, context) {
    for (const consumer of consumers[name]) {
      consumer.hidden = false;
      consumer.receive(value, context);
    }
    if (name === "health") document.querySelector("definitions-banner").show(value.definitions);
    if (name === "alerts") showUnacknowledged(value.unacknowledged_count);
  },
  onFailure(name, since) {
    for (const consumer of consumers[name]) consumer.markUnavailable(since);
  },
  onMissing(name) {
    for (const consumer of consumers[name]) consumer.hidden = true;
  },
  onState(snapshot) {
    document.body.dataset.connection = snapshot.state;
    status.show(snapshot);
    banner.show(snapshot);
  },
});

// A project without any of this page's endpoints has the page that is made of what it defines. When nobody can say what
// that is, this page asks for itself and says what is wrong.
async function belongsElsewhere() {
  try {
    const { value } = await request(catalogue, 0, new AbortController().signal);
    const defined = value.endpoints.map((endpoint) => endpoint.path);
    return value.data.length > 0 && !endpoints.some(({ name, path }) => name !== "health" && defined.includes(path));
  } catch {
    return false;
  }
}

function showUnacknowledged(count) {
  document.title = count > 0 ? `(${count}) StreamPulse` : "StreamPulse";
}

window.addEventListener("hashchange", () => poller.setMinutes(minutesOf(location.hash)));
status.addEventListener("pause-toggle", () => poller.togglePause());
banner.addEventListener("retry", () => poller.retry());
if (await belongsElsewhere()) {
  location.replace("/explore.html");
} else {
  poller.start();
}
