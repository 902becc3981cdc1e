// Wires the page of alerts. The view lives in the URL's hash and nowhere else.

import "./elements/alert-groups.js";
import "./elements/silence-list.js";
import "./elements/state-choice.js";
import "./elements/window-selector.js";
import { offeredActions } from "./actions.js";
import { hashOf, readView } from "./alerts-view.js";
import { alertsOf, catalogue, health, rowsOf } from "./api.js";
import { makePoller } from "./frame.js";

const part = (name) => document.querySelector(name);
const groups = part("alert-groups");
const silences = part("silence-list");
const POLL_MS = 5000;
let view = null;

const poller = makePoller({
  endpoints: [
    rowsOf("open", null), rowsOf("acknowledged", null), rowsOf("silences", "/api/stats/silences"), catalogue, health,
  ],
  onAnswer(name, value, context) {
    if (name === "catalogue") groups.relations = value.data;
    if (name === "open" || name === "acknowledged") groups.receiveAnswer(name, value, context);
    if (name === "silences") {
      silences.hidden = value.data.length === 0;
      silences.receive(value, context);
    }
    if (name === "open") showUnacknowledged(value.unacknowledged_count);
  },
  onFailure(name, since, error) {
    if (name === "open") groups.markUnavailable(since, error);
  },
  onMissing(name) {
    if (name === "open" && view) groups.showMissing();
    if (name === "silences") silences.hidden = true;
  },
});

function showUnacknowledged(count) {
  document.title = `${count > 0 ? `(${count}) ` : ""}Alerts · StreamPulse`;
}

function follow() {
  view = readView(location.hash);
  part("window-selector").show(view.range);
  part("state-choice").show(view.state);
  groups.prepare(view);
}

window.addEventListener("hashchange", follow);
document.addEventListener("view-change", ({ detail }) => {
  location.hash = hashOf(view, detail);
});
document.addEventListener("alerts-changed", () => poller.retry());
follow();
poller.setEndpoints(
  [alertsOf("open", { acknowledged: false }), alertsOf("acknowledged", { acknowledged: true })], POLL_MS);
poller.start();
groups.offered = await offeredActions();
