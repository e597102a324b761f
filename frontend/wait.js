// Promises to wait for: a time, a visible page, a canceled request.

import { canceledError } from "./http.js";

/** Resolves after `milliseconds`. Rejects with CallError "canceled" when `signal` aborts. */
export function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const cancel = () => {
      clearTimeout(timer);
      reject(canceledError());
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", cancel);
      resolve();
    }, milliseconds);
    if (signal?.aborted) cancel();
    else signal?.addEventListener("abort", cancel, { once: true });
  });
}

/** Resolves after `milliseconds`, or as soon as the function that `onStart` receives is called. */
export function endablePause(milliseconds, onStart) {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    onStart(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Never resolves. Rejects with CallError "canceled" when `signal` aborts. */
export function rejectOnAbort(signal) {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(canceledError());
    signal?.addEventListener("abort", () => reject(canceledError()), { once: true });
  });
}

/** Resolves when the page is visible; immediately if it already is. */
export function whenVisible() {
  if (document.visibilityState === "visible") return Promise.resolve();
  return new Promise((resolve) => {
    document.addEventListener("visibilitychange", function onChange() {
      if (document.visibilityState !== "visible") return;
      document.removeEventListener("visibilitychange", onChange);
      resolve();
    });
  });
}

/** Varies `milliseconds` by up to `part`, so that pages that saw the same failure do not retry together. */
export function jitter(milliseconds, part = 0.2) {
  return milliseconds * (1 + part * (2 * Math.random() - 1));
}
