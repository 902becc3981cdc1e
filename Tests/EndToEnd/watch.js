// Put into a page before its own scripts: notes its pending timers, its requests in flight and its connection states.

window.watched = { timers: new Map(), inFlight: {}, mostInFlight: {}, states: [] };

{
  const { setTimeout: set, clearTimeout: clear, fetch: ask } = window;
  const { timers, inFlight, mostInFlight, states } = window.watched;

  window.setTimeout = (action, delay, ...rest) => {
    const run = () => {
      timers.delete(id);
      action(...rest);
    };
    const id = set(run, delay);
    timers.set(id, delay);
    return id;
  };

  window.clearTimeout = (id) => {
    timers.delete(id);
    clear(id);
  };

  // The browser's cache lets one request for a URL through at a time, so a server cannot see two that overlap.
  window.fetch = async (url, options) => {
    const { pathname: path, searchParams } = new URL(url, location.href);
    // An aggregate is asked several things at a time, which differ in these.
    const pathname = `${path} ${searchParams.get("by")} ${searchParams.get("step")}`;
    inFlight[pathname] = (inFlight[pathname] ?? 0) + 1;
    mostInFlight[pathname] = Math.max(mostInFlight[pathname] ?? 0, inFlight[pathname]);
    try {
      return await ask(url, options);
    } finally {
      inFlight[pathname] -= 1;
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(() => states.push(document.body.dataset.connection))
      .observe(document.body, { attributeFilter: ["data-connection"] });
  });
}
