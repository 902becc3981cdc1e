// What the page of alerts shows, as a value: read from the URL's hash and written back to it.

import { parametersOf, readRange, writeRange } from "./range.js";

export const STATES = ["open", "acknowledged", "all"];
const OTHERWISE_MINUTES = 1440;

export function readView(hash) {
  const parameters = parametersOf(hash);
  const state = parameters.get("state");
  return {
    range: readRange(parameters, OTHERWISE_MINUTES),
    state: STATES.includes(state) ? state : "open",
    // The alert whose group is unfolded; it is shown whatever the range is.
    open: parameters.get("open"),
  };
}

export function hashOf(view, changes = {}) {
  const next = { ...view, ...changes };
  const parameters = new URLSearchParams();
  writeRange(next.range, parameters);
  if (next.state !== "open") parameters.set("state", next.state);
  if (next.open) parameters.set("open", next.open);
  return `#${parameters}`;
}
