// When the page may ask something that the user did not ask for: never while hidden, seldom while things are broken.

import { cancelled } from "./http.js";

const BURST = 5;
const LOOK_AROUND = 3;
const SECONDS_PER_REQUEST = 5;

/** Resolves after so many milliseconds. Rejects with CallError "cancelled" when `signal` aborts. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(cancelled());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Resolves when the page can be seen; at once if it can. */
export function visible() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", function seen() {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", seen);
      resolve();
    });
  });
}

/** `milliseconds`, give or take a part of it: pages that saw the same failure do not come back together. */
export function jittered(milliseconds, part = 0.2) {
  return milliseconds * (1 + part * (2 * Math.random() - 1));
}

/**
 * A bucket of permissions for extra requests (health, config.json): one comes back every five seconds. It holds what
 * one switch of regions takes, but a single one while no region answers.
 */
export class Permissions {
  #sparing = false;
  #left = BURST;
  #at = performance.now();
  #queue = Promise.resolve();
  #wake = () => {};

  /** Resolves when one more request may be made. */
  take(signal) {
    const turn = this.#queue.then(() => this.#turn(signal));
    this.#queue = turn.catch(() => {});
    return turn;
  }

  spare(sparing) {
    this.#refill();
    this.#sparing = sparing;
    if (sparing) this.#left = Math.min(this.#left, 1);
  }

  /** A person asks for it, now: what one look around takes is no extra request. */
  grant() {
    this.#left = Math.max(this.#left, LOOK_AROUND);
    this.#wake();
  }

  async #turn(signal) {
    await visible();
    this.#refill();
    if (this.#left < 1) {
      const granted = new Promise((resolve) => (this.#wake = resolve));
      await Promise.race([pause((1 - this.#left) * SECONDS_PER_REQUEST * 1000, signal), granted]);
    }
    this.#refill();
    this.#left -= 1;
  }

  #refill() {
    const now = performance.now();
    const full = this.#left + (now - this.#at) / 1000 / SECONDS_PER_REQUEST;
    this.#left = Math.max(this.#left, Math.min(this.#sparing ? 1 : BURST, full));
    this.#at = now;
  }
}
