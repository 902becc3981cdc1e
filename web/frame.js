// What every page has around its content: the state of the connection, banners, and the view in the URL's hash.

import "./elements/connection-banner.js";
import "./elements/connection-status.js";
import "./elements/definitions-banner.js";
import "./elements/empty-guide.js";
import "./elements/token-form.js";
import { overviewPaths } from "./api.js";
import { Poller } from "./poller.js";

const part = (name) => document.querySelector(name);

/**
 * Begins to poll, and keeps header and banners true.
 * @param {{endpoints: object[], onAnswer: Function, onFailure?: Function, onMissing?: Function}} page as `Poller` has
 *   it.
 * @returns the poller, not yet started.
 */
export function makePoller({ endpoints, onAnswer, onFailure = () => {}, onMissing = () => {} }) {
  const status = part("connection-status");
  const banner = part("connection-banner");
  const poller = new Poller({
    endpoints,
    onAnswer(name, value, context) {
      if (name === "health") {
        part("definitions-banner")?.show(value.definitions);
        part("empty-guide")?.show(value);
      }
      if (name === "catalogue") showPages(value.endpoints.map(({ path }) => path));
      onAnswer(name, value, context);
    },
    onFailure, onMissing,
    onState(snapshot) {
      document.body.dataset.connection = snapshot.state;
      document.body.dataset.transport = snapshot.isPushed ? "push" : "polling";
      status.show(snapshot);
      banner.show(snapshot);
    },
  });
  status.addEventListener("pause-toggle", () => poller.togglePause());
  banner.addEventListener("retry", () => poller.retry());
  // The hash is the view's: this link goes without.
  part(".skip-link").addEventListener("click", (event) => {
    event.preventDefault();
    part("main").focus();
  });
  return poller;
}

/** Leaves out the way to pages that the project has nothing for. @param {string[]} paths of its endpoints. */
function showPages(paths) {
  const isThere = {
    "/": overviewPaths.some((path) => paths.includes(path)), "/alerts.html": paths.includes("/api/stats/alerts"),
  };
  for (const link of document.querySelectorAll(".pages a")) {
    const page = new URL(link.href).pathname;
    link.hidden = page in isThere && !isThere[page];
  }
}
