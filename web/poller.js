// Keeps the answers of all endpoints of a page new: by push where the server has it, else by asking again and again, at
// most one request of each in flight. Nothing of either while paused or hidden.

import { request } from "./api.js";
import { Connection } from "./connection.js";
import { Push } from "./push.js";

const INTERVAL_MS = 2000;
/** What is asked less often costs the database more than every change is worth. */
const PUSHED_UP_TO_MS = 5000;
/** How old the health may be that tells the age of what was pushed. */
const HEALTH_AGE_MS = 1000;
// A timer may be early.
const SLACK_MS = 100;

export class Poller {
  #connection;
  #endpoints;
  #inFlight = new Map();
  #askedAt = new Map();
  #timer = null;
  #nextTryAt = null;
  #push;
  /** Pushed since the last frame was drawn, by name: {endpoint, body}. */
  #arrived = new Map();
  /** How much the server's clock is ahead of this one, in milliseconds. */
  #clockOffset = 0;
  #onAnswer;
  #onFailure;
  #onMissing;
  #onState;

  /**
   * @param endpoints what is asked, "health" among it.
   * @param onAnswer called with (name, value, {serverTime}).
   * @param onFailure called with (name, since, error).
   * @param onMissing called with (name) when the project does not define the endpoint.
   * @param onState called with the connection's snapshot, `nextTryAt` and `isPushed`, after everything that may have
   *   changed it.
   */
  constructor({ endpoints, onAnswer, onFailure, onMissing, onState }) {
    this.#endpoints = endpoints;
    this.#connection = new Connection(
      endpoints.filter((each) => each.name !== "health").map((each) => each.name), "health");
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
    this.#onMissing = onMissing;
    this.#onState = onState;
    this.#push = new Push({
      onResult: (endpoint, body) => this.#arrive(endpoint, body),
      onUnchanged: (name) => {
        this.#abandon(name);
        this.#connection.succeeded(name, null, new Date());
        this.#publish();
      },
      onFailure: (name, error) => {
        this.#fail(name, error);
        this.#publish();
      },
      onLost: () => this.retry(),
    });
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#followVisibility());
    window.addEventListener("online", () => this.retry());
    this.#followVisibility();
  }

  /**
   * Asks other questions under the names that are known: an endpoint without a path is left out. What is under way for
   * an endpoint that is replaced is abandoned. Answers once even when paused.
   * @param interval milliseconds between two requests of each, where it is not pushed.
   */
  setEndpoints(replacements, interval = INTERVAL_MS) {
    for (const endpoint of replacements) {
      this.#abandon(endpoint.name);
      this.#arrived.delete(endpoint.name);
      this.#askedAt.delete(endpoint.name);
      if (endpoint.path) {
        this.#connection.expected(endpoint.name);
      } else {
        this.#connection.missing(endpoint.name);
      }
    }
    this.#endpoints = this.#endpoints.map((each) => {
      const replacement = replacements.find(({ name }) => name === each.name);
      return replacement ? { ...replacement, interval } : each;
    });
    this.#wantPushed();
    this.#round();
  }

  #abandon(name) {
    this.#inFlight.get(name)?.abort();
    this.#inFlight.delete(name);
  }

  togglePause() {
    if (this.#connection.isPausedBy("user")) {
      this.#connection.resume("user");
    } else {
      this.#connection.pause("user");
    }
    this.#followPause();
  }

  /** Asks at once instead of waiting for the next round. */
  retry() {
    if (this.#connection.isPaused) return;
    this.#askedAt.clear();
    this.#round();
  }

  #followVisibility() {
    if (document.hidden) {
      this.#connection.pause("hidden");
    } else {
      this.#connection.resume("hidden");
    }
    this.#followPause();
  }

  #followPause() {
    if (this.#connection.isPaused) {
      clearTimeout(this.#timer);
      this.#push.rest();
      this.#publish(null);
    } else {
      this.#wantPushed();
      this.#push.start();
      this.retry();
    }
  }

  #wantPushed() {
    this.#push.want(this.#endpoints.filter(({ path, isPushable, interval = INTERVAL_MS }) =>
      path && isPushable && interval <= PUSHED_UP_TO_MS));
  }

  #round() {
    const now = Date.now();
    for (const endpoint of this.#endpoints.filter((each) => each.path)) {
      if (!this.#inFlight.has(endpoint.name) && this.#isDue(endpoint, now)) this.#ask(endpoint);
    }
    this.#schedule();
  }

  // While something is wrong that keeps results from being pushed, only asking tells what.
  #isDue({ name, interval = INTERVAL_MS }, now) {
    if (this.#connection.isDisconnected) return true;
    if (this.#push.has(name) && !this.#connection.isDoubtful(name)) return false;
    return now - (this.#askedAt.get(name) ?? -Infinity) >= interval - SLACK_MS;
  }

  #schedule() {
    clearTimeout(this.#timer);
    if (this.#connection.isPaused) return;
    const delay = this.#connection.nextDelay(Math.random());
    this.#timer = setTimeout(() => this.#round(), delay);
    this.#publish(new Date(Date.now() + delay));
  }

  async #ask(endpoint) {
    const controller = new AbortController();
    this.#inFlight.set(endpoint.name, controller);
    this.#askedAt.set(endpoint.name, Date.now());
    const wasDisconnected = this.#connection.isDisconnected;
    try {
      const { value, serverTime } = await request(endpoint, controller.signal);
      this.#clockOffset = serverTime - Date.now();
      this.#push.forget(endpoint.name);
      this.#connection.succeeded(endpoint.name, value, new Date());
      this.#onAnswer(endpoint.name, value, { serverTime });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (endpoint.name === "health" && ["network", "timeout"].includes(error.kind)) this.#push.doubt();
      this.#fail(endpoint.name, error);
    } finally {
      if (this.#inFlight.get(endpoint.name) === controller) this.#inFlight.delete(endpoint.name);
    }
    if (wasDisconnected && !this.#connection.isDisconnected) {
      this.#schedule();
    } else {
      this.#publish();
    }
  }

  #fail(name, error) {
    if (error.kind === "missing") {
      this.#connection.missing(name);
      this.#onMissing(name);
    } else {
      this.#connection.failed(name, error, new Date());
      this.#onFailure(name, this.#connection.failingSince(name), error);
    }
  }

  // Results of one commit come one after the other: they are drawn together.
  #arrive(endpoint, body) {
    this.#abandon(endpoint.name);
    if (this.#arrived.size === 0) requestAnimationFrame(() => this.#showArrived());
    this.#arrived.set(endpoint.name, { endpoint, body });
  }

  #showArrived() {
    const arrived = [...this.#arrived.values()];
    this.#arrived.clear();
    for (const { endpoint, body } of arrived) {
      try {
        const value = endpoint.read(body, true);
        this.#connection.succeeded(endpoint.name, value, new Date());
        this.#onAnswer(endpoint.name, value, { serverTime: new Date(Date.now() + this.#clockOffset) });
      } catch (error) {
        this.#fail(endpoint.name, error);
      }
    }
    this.#freshen();
    this.#publish();
  }

  // The health knows how old the newest event is.
  #freshen() {
    const health = this.#endpoints.find(({ name }) => name === "health");
    const age = Date.now() - (this.#askedAt.get("health") ?? 0);
    if (health && age >= HEALTH_AGE_MS && !this.#inFlight.has("health")) this.#ask(health);
  }

  #publish(nextTryAt = this.#nextTryAt) {
    this.#nextTryAt = nextTryAt;
    this.#onState({ ...this.#connection.snapshot, nextTryAt, isPushed: this.#push.isLive });
  }
}
