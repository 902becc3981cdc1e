// What the server sends by itself: one WebSocket for all that a page shows, by the protocol of docs/push.md. It comes
// back by itself when it is lost, later each time, and says what it has already.

import { ApiError } from "./api.js";
import { storedToken } from "./token.js";

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 30_000;
/** So long a subscription may be without a first answer before the question is asked in the other way. */
const PATIENCE_MS = 2000;
const NORMAL = 1000;
/** The token is missing or refused: a page that gets another one is loaded anew. */
const POLICY = 1008;

export class Push {
  #socket = null;
  #timer = null;
  #attempts = 0;
  #isResting = true;
  #isRefused = false;
  #serial = 0;
  /** By name: {id, endpoint, target, position, sentAt, isHeard, isEnded}. */
  #subscriptions = new Map();
  #onResult;
  #onUnchanged;
  #onFailure;
  #onLost;

  /**
   * @param onResult called with (endpoint, body) for each result: a GET request's answer.
   * @param onUnchanged called with (name) when what was received before is still the result.
   * @param onFailure called with (name, ApiError) when a query has failed; the subscription goes on.
   * @param onLost called when nothing is pushed any more that was.
   */
  constructor({ onResult, onUnchanged, onFailure, onLost }) {
    this.#onResult = onResult;
    this.#onUnchanged = onUnchanged;
    this.#onFailure = onFailure;
    this.#onLost = onLost;
  }

  /** Whether results come by themselves. */
  get isLive() {
    return this.#isOpen && [...this.#subscriptions.values()].some(({ isHeard, isEnded }) => isHeard && !isEnded);
  }

  /** Whether nobody needs to ask for what is called so. */
  has(name) {
    const subscription = this.#subscriptions.get(name);
    if (!this.#isOpen || !subscription || subscription.isEnded) return false;
    return subscription.isHeard || Date.now() - subscription.sentAt < PATIENCE_MS;
  }

  /** From now on this is wanted and nothing else. @param endpoints whose results are to be pushed. */
  want(endpoints) {
    const wanted = new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
    for (const [name, { id, target, isEnded }] of this.#subscriptions) {
      if (wanted.has(name) && targetOf(wanted.get(name)) === target) continue;
      if (this.#isOpen && !isEnded) this.#say({ unsubscribe: id });
      this.#subscriptions.delete(name);
    }
    for (const endpoint of endpoints) {
      if (this.#subscriptions.has(endpoint.name)) continue;
      const subscription = { endpoint, target: targetOf(endpoint), position: null };
      this.#subscriptions.set(endpoint.name, subscription);
      if (this.#isOpen) this.#subscribe(subscription);
    }
    if (endpoints.length > 0) this.#connect();
  }

  /** Another answer than the one that was pushed is shown now. */
  forget(name) {
    const subscription = this.#subscriptions.get(name);
    if (subscription) subscription.position = null;
  }

  /** Begins, or goes on. */
  start() {
    this.#isResting = false;
    this.#connect();
  }

  /** Needs nothing of the server until `start`. */
  rest() {
    this.#isResting = true;
    this.#attempts = 0;
    clearTimeout(this.#timer);
    this.#timer = null;
    this.#drop();
  }

  /** The server does not answer otherwise: the connection may be one that nobody has told us is dead. */
  doubt() {
    if (!this.#socket) return;
    this.#drop();
    this.#comeBack();
  }

  get #isOpen() {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  #connect() {
    if (this.#isResting || this.#isRefused || this.#socket || this.#timer !== null) return;
    if (this.#subscriptions.size === 0) return;
    let socket;
    try {
      socket = new WebSocket(new URL("/api/stream", location.href.replace(/^http/, "ws")));
    } catch {
      // A browser, or what guards it, that allows none: there is polling.
      this.#isRefused = true;
      return;
    }
    this.#socket = socket;
    socket.addEventListener("open", () => {
      if (socket !== this.#socket) return;
      const token = storedToken();
      if (token !== null) this.#say({ token });
      for (const subscription of this.#subscriptions.values()) this.#subscribe(subscription);
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket === this.#socket) this.#receive(data);
    });
    socket.addEventListener("close", ({ code }) => {
      if (socket !== this.#socket) return;
      const wasLive = [...this.#subscriptions.values()].some(({ isHeard }) => isHeard);
      this.#socket = null;
      for (const subscription of this.#subscriptions.values()) subscription.isHeard = false;
      this.#isRefused = code === POLICY;
      this.#comeBack();
      if (wasLive) this.#onLost();
    });
  }

  #comeBack() {
    if (this.#isResting || this.#isRefused) return;
    // Dashboards that have lost the same server do not all come at once.
    const delay = Math.min(FIRST_DELAY_MS * 2 ** this.#attempts, MAX_DELAY_MS) * (0.8 + 0.2 * Math.random());
    this.#attempts += 1;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#connect();
    }, delay);
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(NORMAL);
  }

  #subscribe(subscription) {
    const { endpoint, target, position } = subscription;
    this.#serial += 1;
    Object.assign(subscription, {
      id: `${endpoint.name} ${this.#serial}`, sentAt: Date.now(), isHeard: false, isEnded: false,
    });
    this.#say({ subscribe: subscription.id, endpoint: target, ...(position ? { position } : {}) });
  }

  #say(message) {
    this.#socket.send(JSON.stringify(message));
  }

  #receive(text) {
    const message = parsed(text);
    const subscription = [...this.#subscriptions.values()].find(({ id }) => id === message?.id);
    // Of one that was wanted before, or about none.
    if (!subscription) return;
    this.#attempts = 0;
    const { endpoint } = subscription;
    if (message.ended) {
      subscription.isEnded = true;
      this.#onLost();
      return;
    }
    subscription.isHeard = true;
    if (message.error) {
      const { status, detail, title } = message.error;
      this.#onFailure(endpoint.name, new ApiError("status", `The API answered ${status}: ${detail ?? title ?? ""}`));
      return;
    }
    subscription.position = message.position ?? null;
    if (message.data === undefined) {
      this.#onUnchanged(endpoint.name);
    } else {
      this.#onResult(endpoint, message.data);
    }
  }
}

/** The path and query of a GET request. */
function targetOf({ path, query }) {
  const parameters = new URLSearchParams(Object.entries(query)).toString();
  return parameters ? `${path}?${parameters}` : path;
}

/** null: it is not JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
