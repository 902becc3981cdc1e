// All requests of the dashboard: the endpoints, how their answers are checked, and what a failure is called.

import { askForToken, storedToken } from "./token.js";

const TIMEOUT_MS = 8000;

/** Why a request brought no usable answer. `message` is a sentence for people. */
export class ApiError extends Error {
  /** @param {"network" | "timeout" | "status" | "missing" | "shape"} kind "missing": the project has no such route. */
  constructor(kind, message) {
    super(message);
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

function readTotals(body) {
  if (!isObject(body) || !Number.isFinite(body.total_downloads)) {
    throw new ApiError("shape", "The API's answer is not in the expected form.");
  }
  return body;
}

/**
 * `{"status": "ok" | "degraded" | "down", "database": {"status": "up" | "down", "detail"}, "broker": {the same},
 *   "processor": {"status": "running" | "stalled", "lag_records": number | null, "last_commit_age_seconds"}}`;
 * every part may be missing, as in the answer of a proxy in between.
 */
function readHealth(body, httpOk) {
  const report = isObject(body) ? body : {};
  const problems = ["database", "broker"].filter((part) => report[part]?.status === "down");
  const isStalled = report.processor?.status === "stalled";
  const lag = report.processor?.lag_records;
  return {
    isHealthy: httpOk && problems.length === 0 && !isStalled && !["degraded", "down"].includes(report.status),
    problems,
    isStalled,
    lagRecords: Number.isFinite(lag) ? lag : null,
    definitions: readDefinitions(report.definitions),
  };
}

/** What the project defines: aggregates, views, endpoints. */
export const catalogue = {
  name: "catalogue", path: "/api/aggregates", isWindowed: false, query: {}, read: readCatalogue,
};

/** Rows of an aggregate or a view. @param path without: it is not asked. */
export const rowsOf = (name, path, query = {}) => ({ name, path, isWindowed: false, query, read: readRows });

export const health = {
  name: "health", path: "/health", isWindowed: false, query: {}, read: readHealth, readsAnyStatus: true,
};

/**
 * Only of `streampulse dev`, and only for who asks from its own machine:
 * `{"state": "applied" | "applying" | "failed", "errors": [{"file", "line", "column", "message", "hint"}]}`
 */
function readDefinitions(value) {
  if (!isObject(value) || !Array.isArray(value.errors)) return null;
  return { state: value.state, errors: value.errors.filter(isObject) };
}

/**
 * What the dashboard polls. `isWindowed`: the answer depends on the look-back that the user chose.
 * `/health` answers 503 with a body that is worth reading, so its status is no failure.
 */
export const endpoints = [
  { name: "realtime", path: "/api/stats/realtime", isWindowed: true, query: {}, read: readTotals },
  { name: "trending", path: "/api/stats/trending", isWindowed: true, query: { limit: 5 }, read: readRows },
  { name: "regions", path: "/api/stats/regions", isWindowed: true, query: {}, read: readRows },
  { name: "devices", path: "/api/stats/devices", isWindowed: true, query: { limit: 10 }, read: readRows },
  {
    name: "alerts", path: "/api/stats/alerts", isWindowed: false, query: { limit: 10, acknowledged: false },
    read: readRows,
  },
  { name: "timeseries", path: "/api/stats/timeseries", isWindowed: false, query: { minutes: 60 }, read: readRows },
  health,
];

/**
 * One request of one endpoint.
 *
 * The browser revalidates by ETag (`no-cache`), so an unchanged answer costs a 304.
 * @param signal aborts the request; the returned promise then rejects with the signal's reason.
 * @returns {Promise<{value: object, serverTime: Date}>} the time is the server's, whose clock the data is in.
 * @throws {ApiError}
 */
export async function request(endpoint, minutes, signal) {
  const url = new URL(endpoint.path, location.origin);
  if (endpoint.isWindowed) url.searchParams.set("minutes", minutes);
  for (const [name, value] of Object.entries(endpoint.query)) url.searchParams.set(name, value);

  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), TIMEOUT_MS);
  const forward = () => timeout.abort();
  signal.addEventListener("abort", forward);
  try {
    const token = storedToken();
    const headers = token === null ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(url, { cache: "no-cache", headers, signal: timeout.signal });
    if (!response.ok && !endpoint.readsAnyStatus) throw await statusError(response);
    const body = await response.json();
    const date = Date.parse(response.headers.get("date"));
    return { value: endpoint.read(body, response.ok), serverTime: new Date(Number.isNaN(date) ? Date.now() : date) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError) throw error;
    if (timeout.signal.aborted) throw new ApiError("timeout", "The API did not answer in time.");
    if (error instanceof SyntaxError) throw new ApiError("shape", "The API's answer is not JSON.");
    throw new ApiError("network", "The API cannot be reached.");
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", forward);
  }
}

async function statusError(response) {
  if (response.status === 404) return new ApiError("missing", "The project does not define this endpoint.");
  if (response.status === 401) askForToken();
  const problem = await response.json().catch(() => null);
  const reason = isObject(problem) ? problem.detail ?? problem.title : null;
  const suffix = typeof reason === "string" ? `: ${reason.slice(0, 200)}` : ".";
  return new ApiError("status", `The API answered ${response.status}${suffix}`);
}
