// The state of the connection as a state machine: told what happened, it says what to show and when to ask again.
// It holds no timer and makes no request; the poller does both.

const INTERVAL_MS = 2000;
const MAX_BACKOFF_MS = 30000;
/** So long nothing may come before somebody should look. */
const STALE_SECONDS = 180;

export class Connection {
  #dataNames;
  #healthName;
  #failures = new Map();
  #succeeded = new Set();
  #missing = new Set();
  #health = null;
  #healthAt = null;
  #pauses = new Set();
  #retries = 0;
  #disconnectedSince = null;
  #lastUpdated = null;

  /** @param dataNames the endpoints whose failing together means disconnected. */
  constructor(dataNames, healthName) {
    this.#dataNames = dataNames;
    this.#healthName = healthName;
  }

  /** @param {Date} at */
  succeeded(name, value, at) {
    this.#failures.delete(name);
    this.#missing.delete(name);
    this.#succeeded.add(name);
    if (name === this.#healthName) {
      this.#health = value;
      this.#healthAt = at;
      if (this.#present.length === 0) this.#disconnectedSince = null;
      return;
    }
    this.#lastUpdated = at;
    this.#disconnectedSince = null;
    this.#retries = 0;
  }

  /** The project does not define this endpoint, which is no failure: the API has answered. */
  missing(name) {
    this.#failures.delete(name);
    this.#missing.add(name);
    this.#disconnectedSince = null;
    this.#retries = 0;
  }

  /** This endpoint is asked again, after it was missing. */
  expected(name) {
    this.#missing.delete(name);
  }

  /** The endpoints that the project defines, as far as is known. */
  get #present() {
    return this.#dataNames.filter((name) => !this.#missing.has(name));
  }

  /** @param {Error} error @param {Date} at */
  failed(name, error, at) {
    const since = this.#failures.get(name)?.since ?? at;
    this.#failures.set(name, { since, error });
    if (name === this.#healthName) this.#health = null;
    const present = this.#present.length > 0 ? this.#present : [this.#healthName];
    if (present.every((each) => this.#failures.has(each))) this.#disconnectedSince ??= at;
  }

  /** @param {"user" | "hidden"} reason Polling rests as long as any reason holds. */
  pause(reason) {
    this.#pauses.add(reason);
  }

  resume(reason) {
    this.#pauses.delete(reason);
  }

  isPausedBy(reason) {
    return this.#pauses.has(reason);
  }

  get isPaused() {
    return this.#pauses.size > 0;
  }

  get isDisconnected() {
    return this.#disconnectedSince !== null;
  }

  /** Whether `name` cannot be taken for unchanged because nothing new of it comes. */
  isDoubtful(name) {
    return this.#failures.has(name) || this.#failures.has(this.#healthName)
      || (this.#health?.problems ?? []).includes("database");
  }

  /** When `name` began to fail, or null. */
  failingSince(name) {
    return this.#failures.get(name)?.since ?? null;
  }

  /**
   * How long to wait before the next round, in milliseconds; doubles with each round that starts while disconnected.
   * @param {number} random in 0..<1: spreads the dashboards that lost the same server.
   */
  nextDelay(random) {
    if (!this.isDisconnected) return INTERVAL_MS;
    this.#retries += 1;
    const delay = Math.min(INTERVAL_MS * 2 ** this.#retries, MAX_BACKOFF_MS);
    return delay * (0.9 + 0.1 * random);
  }

  /** What to show. */
  get snapshot() {
    return {
      state: this.#state,
      reason: this.#reason,
      since: this.#disconnectedSince,
      lastUpdated: this.#lastUpdated,
      lagRecords: this.#health?.lagRecords ?? null,
      newestEventAge: this.#health?.newestEventAge ?? null,
      healthAt: this.#healthAt,
      isPausedByUser: this.isPausedBy("user"),
    };
  }

  get #state() {
    if (this.isPaused) return "paused";
    if (this.isDisconnected) return "disconnected";
    if (this.#lastUpdated === null && this.#present.length > 0) return "connecting";
    if (this.#present.length === 0 && this.#health === null) return "connecting";
    if (this.#failures.size > 0) return "degraded";
    if (this.#isStale) return "stale";
    return this.#health?.isHealthy === false ? "degraded" : "live";
  }

  /** Nothing comes, and nothing else is wrong. */
  get #isStale() {
    const { problems = [], state, newestEventAge } = this.#health ?? {};
    if (problems.length > 0 || ![null, undefined, "running", "silent"].includes(state)) return false;
    return state === "silent" || newestEventAge > STALE_SECONDS;
  }

  get #reason() {
    const problems = this.#health?.problems ?? [];
    if (problems.length > 0) return `${problems.join(" and ")} unavailable`;
    if (this.isDisconnected) return this.#failures.get(this.#present[0] ?? this.#healthName)?.error.message ?? "";
    const missing = this.#dataNames.filter((name) => this.#failures.has(name));
    if (missing.length > 0) return `no answer for ${missing.join(", ")}`;
    if (this.#failures.has(this.#healthName)) return "health unknown";
    if (this.#isStale) return this.#silence;
    if (this.#health?.detail) return this.#health.detail;
    if (this.#health?.state === "stalled") return "processing has stalled";
    return this.#health?.isHealthy === false ? "processing is impaired" : "";
  }

  get #silence() {
    const minutes = Math.floor((this.#health.newestEventAge ?? 0) / 60);
    return minutes < 1 ? "no events" : minutes < 120 ? `no events for ${minutes} minutes`
      : `no events for ${Math.floor(minutes / 60)} hours`;
  }
}
