// All requests of the dashboard: the endpoints, how their answers are checked, and what a failure is called.

import { element } from "./dom.js";
import { askForToken, storedToken } from "./token.js";

const TIMEOUT_MS = 8000;
/** What is saved may be long. */
const SAVE_TIMEOUT_MS = 60_000;

/** Why a request brought no usable answer. `message` is a sentence for people. */
export class ApiError extends Error {
  /** @param {"network" | "timeout" | "status" | "missing" | "shape"} kind "missing": the project has no such route. */
  constructor(kind, message, status = null) {
    super(message);
    this.status = status;
    this.name = "ApiError";
    this.kind = kind;
  }
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function readRows(body) {
  if (!isObject(body) || !Array.isArray(body.data) || !body.data.every(isObject)) {
    throw new ApiError("shape", "The API's answer is not in the expected form.");
  }
  return body;
}

function readCatalogue(body) {
  const isRelation = (each) => isObject(each) && typeof each.name === "string" && typeof each.path === "string"
    && Array.isArray(each.columns) && Array.isArray(each.keys);
  if (!readRows(body).data.every(isRelation)) {
    throw new ApiError("shape", "The API's answer is not in the expected form.");
  }
  return { ...body, endpoints: Array.isArray(body.endpoints) ? body.endpoints.filter(isObject) : [] };
}

/**
 * `{"status": "ok" | "degraded" | "down", "database": {"status": "up" | "down", "detail"}, "broker": {the same},
 *   "processor": {"status": "running" | "silent" | …, "lag_records": number | null, "newest_event_age_seconds",
 *   "detail"},
 *   "streams": [{"name", "topic", and what "processor" has}]}`;
 * every part may be missing, as in the answer of a proxy in between.
 */
function readHealth(body, httpOk) {
  const report = isObject(body) ? body : {};
  const processor = isObject(report.processor) ? report.processor : {};
  const known = (value) => (Number.isFinite(value) ? value : null);
  const problems = ["database", "broker"].filter((part) => report[part]?.status === "down");
  return {
    isHealthy: httpOk && problems.length === 0 && !["degraded", "down"].includes(report.status)
      && [undefined, "running"].includes(processor.status),
    problems,
    state: processor.status ?? null,
    detail: typeof processor.detail === "string" ? processor.detail : null,
    lagRecords: known(processor.lag_records),
    newestEventAge: known(processor.newest_event_age_seconds),
    streams: Array.isArray(report.streams) ? report.streams.filter(isObject) : [],
    parts: Object.fromEntries(["database", "broker"].map((part) => [part, report[part] ?? null])),
    version: report.version ?? null,
    definitions: readDefinitions(report.definitions),
  };
}

/** What the project defines: aggregates, views, endpoints. */
export const catalogue = {
  name: "catalogue", path: "/api/aggregates", query: {}, read: readCatalogue,
};

/** Rows of an aggregate or a view. @param path without: it is not asked. */
export const rowsOf = (name, path, query = {}) => ({ name, path, query, read: readRows, isPushable: true });

export const health = {
  name: "health", path: "/health", query: {}, read: readHealth, readsAnyStatus: true,
};

/**
 * Only of `streampulse dev`, and only for who asks from its own machine:
 * `{"state": "applied" | "applying" | "failed", "errors": [{"file", "line", "column", "message", "hint"}]}`
 */
function readDefinitions(value) {
  if (!isObject(value) || !Array.isArray(value.errors)) return null;
  return { state: value.state, errors: value.errors.filter(isObject) };
}

/** The paths of the first page; a project with none of them has another page as its first. */
export const overviewPaths =
  ["realtime", "trending", "regions", "devices", "timeseries"].map((name) => `/api/stats/${name}`);

/** Alerts, the newest first. @param query as the endpoint takes it. */
export const alertsOf = (name, query) =>
  ({ name, path: "/api/stats/alerts", query: { limit: 200, ...query }, read: readRows, isPushable: true });

/** What was read of each partition, and whether that adds up. The sums are over all of the ledger: seldom is enough. */
export const ledger = { ...rowsOf("ledger", "/api/ledger"), isPushable: false, interval: 30_000 };

/** Dead letters with their reasons, for who has the scope admin. @param query as the endpoint takes it. */
export const lettersOf = (query) => ({ ...rowsOf("dead-letters", LETTERS, query), isPushable: false });

/** One of them with its bytes. */
export const letter = (id) => ({
  name: "dead-letter", path: `${LETTERS}/${encodeURIComponent(id)}`, query: {}, read: (body) => body,
});

const LETTERS = "/api/dead-letters";

/** What was expected of windows, and is of those to come. @param query as the endpoint takes it. */
export const predictionsOf = (name, query) =>
  ({ name, path: "/api/stats/predictions", query: { limit: 5000, ...query }, read: readRows, isPushable: true });

/** What Prometheus reads, as text. */
export const metrics = { name: "metrics", path: "/-/metrics", query: {}, read: (body) => body, isText: true };

/**
 * One request of one endpoint.
 *
 * The browser revalidates by ETag (`no-cache`), so an unchanged answer costs a 304.
 * @param signal aborts the request; the returned promise then rejects with the signal's reason.
 * @returns {Promise<{value: object, serverTime: Date}>} the time is the server's, whose clock the data is in.
 * @throws {ApiError}
 */
export async function request(endpoint, signal) {
  const url = new URL(endpoint.path, location.origin);
  for (const [name, value] of Object.entries(endpoint.query)) url.searchParams.set(name, value);

  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const forward = () => timeout.abort();
  signal.addEventListener("abort", forward);
  try {
    const response = await fetch(url, { cache: "no-cache", headers: authorization(), signal: timeout.signal });
    if (!response.ok && !endpoint.readsAnyStatus) throw await statusError(response);
    const body = await (endpoint.isText ? response.text() : response.json());
    const date = Date.parse(response.headers.get("date"));
    return { value: endpoint.read(body, response.ok), serverTime: new Date(Number.isNaN(date) ? Date.now() : date) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    if (error instanceof SyntaxError) throw new ApiError("shape", "The API's answer is not JSON.");
    throw unansweredError(timeout.signal.aborted);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", forward);
  }
}

function authorization() {
  const token = storedToken();
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

/**
 * Saves what the API answers as a file, for readers with a token: a link cannot send it.
 * @throws {ApiError}
 */
export async function saveAnswer(path, fileName) {
  const response = await answerOf(path, { headers: authorization() }, SAVE_TIMEOUT_MS);
  if (!response.ok) throw await statusError(response);
  const address = URL.createObjectURL(await response.blob());
  element("a", { href: address, download: fileName }).click();
  // The browser reads it after the click.
  setTimeout(() => URL.revokeObjectURL(address), SAVE_TIMEOUT_MS);
}

/**
 * Asks the API to change something.
 * @param body an object, sent as JSON.
 * @throws {ApiError} of the kind "missing" also where this reader may not.
 */
export async function send(path, body = {}) {
  const headers = { "Content-Type": "application/json", ...authorization() };
  const response = await answerOf(path, { method: "POST", headers, body: JSON.stringify(body) }, TIMEOUT_MS);
  if ([403, 404, 405].includes(response.status)) throw new ApiError("missing", "This server does not let you do that.");
  if (!response.ok) throw await statusError(response);
}

/** Whatever its status is. @throws {ApiError} when there is none. */
async function answerOf(path, options, timeout) {
  try {
    return await fetch(path, { ...options, signal: AbortSignal.timeout(timeout) });
  } catch (error) {
    throw unansweredError(error.name === "TimeoutError");
  }
}

const unansweredError = (isLate) => (isLate
  ? new ApiError("timeout", "The API did not answer in time.") : new ApiError("network", "The API cannot be reached."));

async function statusError(response) {
  if (response.status === 404) return new ApiError("missing", "The project does not define this endpoint.");
  if (response.status === 401) askForToken();
  const problem = await response.json().catch(() => null);
  const reason = isObject(problem) ? problem.detail ?? problem.title : null;
  const suffix = typeof reason === "string" ? `: ${reason.slice(0, 200)}` : ".";
  return new ApiError("status", `The API answered ${response.status}${suffix}`, response.status);
}
