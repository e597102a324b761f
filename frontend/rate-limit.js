// The rate limit of the page's own requests: /health and config.json, which no user asked for.

import { canceledError } from "./http.js";
import { pause, whenVisible } from "./wait.js";

const CAPACITY = 5;
/** One search for another API: config.json, and /health of both APIs. */
const SEARCH_TOKENS = 3;
const REFILL_SECONDS = 5;

/**
 * Token bucket: 5 tokens, one refilled every 5 s. Requests that a user waits for may spend all (one if both regions are
 * down). Background requests wait until 5 s after the last request and never delay a user. A hidden page sends none.
 */
export class RequestBudget {
  #outage = false;
  #tokens = CAPACITY;
  #refilledAt = performance.now();
  #spentAt = -Infinity;
  /** By kind of request (a user waits for it, or none does): the last one in the queue. */
  #queues = new Map();
  #onRetry = () => {};
  #retried = this.#nextRetry();

  /** Resolves when one more request may be sent. Rejects with CallError "canceled" when `signal` aborts. */
  spend({ userWaits, signal }) {
    const spent = (this.#queues.get(userWaits) ?? Promise.resolve()).then(() => this.#spend(userWaits, signal));
    this.#queues.set(
      userWaits,
      spent.catch(() => {}),
    );
    return spent;
  }

  /** While both regions are down, the bucket has one token. */
  setOutage(outage) {
    this.#refill();
    this.#outage = outage;
    if (outage) this.#tokens = Math.min(this.#tokens, 1);
  }

  /** Adds the tokens of one search, because the user has asked for it now. */
  addForRetry() {
    this.#tokens = Math.max(this.#tokens, SEARCH_TOKENS);
    this.#onRetry();
    this.#retried = this.#nextRetry();
  }

  async #spend(userWaits, signal) {
    for (let seconds; await whenVisible(), (seconds = this.#secondsUntilNext(userWaits)) > 0;) {
      await Promise.race([pause(seconds * 1000, signal), this.#retried]);
    }
    if (signal?.aborted) throw canceledError();
    this.#tokens -= 1;
    this.#spentAt = performance.now();
  }

  #secondsUntilNext(userWaits) {
    this.#refill();
    const seconds = (1 - this.#tokens) * REFILL_SECONDS;
    return userWaits ? seconds : Math.max(seconds, REFILL_SECONDS - (performance.now() - this.#spentAt) / 1000);
  }

  #nextRetry() {
    return new Promise((resolve) => (this.#onRetry = resolve));
  }

  #refill() {
    const now = performance.now();
    const refilled = this.#tokens + (now - this.#refilledAt) / 1000 / REFILL_SECONDS;
    this.#tokens = Math.max(this.#tokens, Math.min(this.#outage ? 1 : CAPACITY, refilled));
    this.#refilledAt = now;
  }
}
