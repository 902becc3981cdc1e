// Whether the period before is shown beside: in the link, else as it was chosen last.

const KEY = "streampulse-compare";

/** @param {URLSearchParams} parameters of the hash. */
export function readComparison(parameters) {
  const asked = parameters.get("compare");
  return (asked ?? localStorage.getItem(KEY)) === "on";
}

export function rememberComparison(isOn) {
  localStorage.setItem(KEY, isOn ? "on" : "off");
}

// Changes ------------------------------------------------------------------------------------------

// Three standard deviations: of a hundred figures that have not changed, one in four pages would colour one.
const SIGMAS = 3;

/**
 * Whether a count differs from the one before by more than chance: that of events that come by themselves (Poisson).
 * Below a hundredth nobody cares, however sure it is.
 */
export function isCountChange(now, before) {
  return Math.abs(now - before) > SIGMAS * Math.sqrt(now + before) && Math.abs(now - before) > 0.01 * before;
}

/** The same for shares of `now.of` and `before.of`, and for half a percentage point. */
export function isShareChange(now, before) {
  const pooled = (now.share * now.of + before.share * before.of) / (now.of + before.of);
  const deviation = Math.sqrt(pooled * (1 - pooled) * (1 / now.of + 1 / before.of));
  const difference = Math.abs(now.share - before.share);
  return difference > SIGMAS * deviation && difference >= 0.005;
}

/** For means, whose spread is not known here: a twentieth, of enough events. */
export function isMeanChange(now, before, of) {
  return of >= 30 && Math.abs(now - before) > 0.05 * Math.abs(before);
}
