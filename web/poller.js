// Asks every endpoint again and again: at most one request of each in flight, none while paused or hidden.

import { request } from "./api.js";
import { Connection } from "./connection.js";

export class Poller {
  #connection;
  #endpoints;
  #inFlight = new Map();
  #timer = null;
  #nextTryAt = null;
  #onAnswer;
  #onFailure;
  #onMissing;
  #onState;

  /**
   * @param endpoints what is asked, "health" among it.
   * @param onAnswer called with (name, value, {serverTime}).
   * @param onFailure called with (name, since, error).
   * @param onMissing called with (name) when the project does not define the endpoint.
   * @param onState called with the connection's snapshot and `nextTryAt`, after everything that may have changed it.
   */
  constructor({ endpoints, onAnswer, onFailure, onMissing, onState }) {
    this.#endpoints = endpoints;
    this.#connection = new Connection(
      endpoints.filter((each) => each.name !== "health").map((each) => each.name), "health");
    this.#onAnswer = onAnswer;
    this.#onFailure = onFailure;
    this.#onMissing = onMissing;
    this.#onState = onState;
  }

  start() {
    document.addEventListener("visibilitychange", () => this.#followVisibility());
    window.addEventListener("online", () => this.retry());
    this.#followVisibility();
  }

  /**
   * Asks other questions under the names that are known: an endpoint without a path is left out. What is under way for
   * an endpoint that is replaced is abandoned. Answers once even when paused.
   * @param interval milliseconds between two rounds.
   */
  setEndpoints(replacements, interval) {
    for (const endpoint of replacements) {
      this.#abandon(endpoint.name);
      if (endpoint.path) {
        this.#connection.expected(endpoint.name);
      } else {
        this.#connection.missing(endpoint.name);
      }
    }
    this.#endpoints = this.#endpoints.map(
      (each) => replacements.find((replacement) => replacement.name === each.name) ?? each);
    this.#connection.interval = interval;
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
    if (!this.#connection.isPaused) this.#round();
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
      this.#publish(null);
    } else {
      this.#round();
    }
  }

  #round() {
    for (const endpoint of this.#endpoints.filter((each) => each.path)) {
      if (!this.#inFlight.has(endpoint.name)) this.#ask(endpoint);
    }
    this.#schedule();
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
    const wasDisconnected = this.#connection.isDisconnected;
    try {
      const { value, serverTime } = await request(endpoint, controller.signal);
      this.#connection.succeeded(endpoint.name, value, new Date());
      this.#onAnswer(endpoint.name, value, { serverTime });
    } catch (error) {
      if (controller.signal.aborted) return;
      if (error.kind === "missing") {
        this.#connection.missing(endpoint.name);
        this.#onMissing(endpoint.name);
      } else {
        this.#connection.failed(endpoint.name, error, new Date());
        this.#onFailure(endpoint.name, this.#connection.failingSince(endpoint.name), error);
      }
    } finally {
      if (this.#inFlight.get(endpoint.name) === controller) this.#inFlight.delete(endpoint.name);
    }
    if (wasDisconnected && !this.#connection.isDisconnected) {
      this.#schedule();
    } else {
      this.#publish();
    }
  }

  #publish(nextTryAt = this.#nextTryAt) {
    this.#nextTryAt = nextTryAt;
    this.#onState({ ...this.#connection.snapshot, nextTryAt });
  }
}
