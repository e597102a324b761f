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

/** Rejects with CallError "cancelled" when `signal` aborts, and never resolves. */
export function stopped(signal) {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(cancelled());
    signal?.addEventListener("abort", () => reject(cancelled()), { once: true });
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
 * A bucket of permissions for extra requests (health, config.json): one comes back every five seconds. Somebody who waits
 * for an answer may have at once what one switch of regions takes, though a single one while no region answers; what
 * nobody waits for comes five seconds after the last, and holds up nobody who does.
 */
export class Permissions {
  #sparing = false;
  #left = BURST;
  #at = performance.now();
  #last = -Infinity;
  #queues = new Map();
  #wake = () => {};
  #granted = this.#nextGrant();

  /** Resolves when one more request may be made. Rejects with CallError "cancelled" when `signal` aborts. */
  take({ awaited, signal }) {
    const turn = (this.#queues.get(awaited) ?? Promise.resolve()).then(() => this.#turn(awaited, signal));
    this.#queues.set(
      awaited,
      turn.catch(() => {}),
    );
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
    this.#granted = this.#nextGrant();
  }

  async #turn(awaited, signal) {
    for (let seconds; await visible(), (seconds = this.#secondsUntilNext(awaited)) > 0;) {
      await Promise.race([pause(seconds * 1000, signal), this.#granted]);
    }
    if (signal?.aborted) throw cancelled();
    this.#left -= 1;
    this.#last = performance.now();
  }

  #secondsUntilNext(awaited) {
    this.#refill();
    const seconds = (1 - this.#left) * SECONDS_PER_REQUEST;
    return awaited ? seconds : Math.max(seconds, SECONDS_PER_REQUEST - (performance.now() - this.#last) / 1000);
  }

  #nextGrant() {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  #refill() {
    const now = performance.now();
    const full = this.#left + (now - this.#at) / 1000 / SECONDS_PER_REQUEST;
    this.#left = Math.max(this.#left, Math.min(this.#sparing ? 1 : BURST, full));
    this.#at = now;
  }
}
