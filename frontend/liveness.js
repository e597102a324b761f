// Tells a slow API from a dead one: while a request makes no progress, the page asks the API's /health as well.

import { CallError, request } from "./http.js";
import { pause } from "./wait.js";

// How long a request may make no progress, and how long /health may then take, until the API counts as dead.
// An answer may take 26 s, and no user should wait that long for a dead API: a question goes to another API after 3 s.
const QUESTION_LIMITS = { idleMs: 1200, healthMs: 1800, userWaits: true };
// A file that fills the uplink delays its own progress and /health alike, and sending it again would fill it again.
export const UPLOAD_LIMITS = { idleMs: 10_000, healthMs: 8000, userWaits: false };
const HEALTH_INTERVAL_MS = 5000;

/** Asks /health. Returns whether the API responds at all, whether it is healthy, and its region. */
export async function checkHealth(url, seconds) {
  try {
    const { status, region } = await request(`${url}health`, { seconds });
    return { responds: true, healthy: status === "healthy", region: typeof region === "string" ? region : "" };
  } catch (error) {
    return { responds: error.status > 0, healthy: false, region: "" };
  }
}

export class LivenessMonitor {
  #budget;
  /** By API: the last health check, unless the API responded to it; and the tokens that are waited for. */
  #checks = new Map();
  #tokens = new Map();

  constructor(budget) {
    this.#budget = budget;
  }

  /**
   * Runs `task(signal, onProgress)` against `url`; the task calls `onProgress()` when it makes progress. Throws what
   * the task throws, or CallError "unreachable" once the API counts as dead.
   */
  async run(url, task, { signal, limits = QUESTION_LIMITS } = {}) {
    const ended = new AbortController();
    const either = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
    let progressAt = performance.now();
    const dead = this.#rejectWhenDead(url, limits, () => progressAt, ended.signal);
    try {
      return await Promise.race([task(either, () => (progressAt = performance.now())), dead]);
    } finally {
      ended.abort();
    }
  }

  /** Returns what `checkHealth` finds now. Callers at the same time share one check. */
  async checkNow(url, signal) {
    return (await this.#sharedCheck(url, { since: performance.now(), userWaits: false, signal })).result;
  }

  async #rejectWhenDead(url, { idleMs, healthMs, userWaits }, progressAt, signal) {
    try {
      for (let checkedAt = -Infinity; ; checkedAt = performance.now()) {
        const nextCheckAt = () => Math.max(progressAt() + idleMs, checkedAt + HEALTH_INTERVAL_MS);
        for (let left; (left = nextCheckAt() - performance.now()) > 0;) await pause(left, signal);
        const { result } = await this.#sharedCheck(url, { since: progressAt(), userWaits, signal });
        const health = await Promise.race([result, pause(healthMs, signal).then(() => null)]);
        if (!health?.responds) throw new CallError("unreachable", "The service stopped responding.");
      }
    } catch (error) {
      // Canceled because the task itself has ended: its own outcome counts.
      if (error.kind === "canceled") return new Promise(() => {});
      throw error;
    }
  }

  /** Resolves to `{result, startedAt}` once a health check is running, or if any caller started one after `since`. */
  async #sharedCheck(url, { since, userWaits, signal }) {
    const recent = () => (this.#checks.get(url)?.startedAt >= since ? this.#checks.get(url) : null);
    while (!recent()) {
      try {
        await this.#sharedToken(url, userWaits, signal);
        return recent() ?? this.#startCheck(url);
      } catch (error) {
        // Another caller waited for this token and was canceled: wait for one of our own.
        if (signal?.aborted) throw error;
      }
    }
    return recent();
  }

  #startCheck(url) {
    const check = { startedAt: performance.now(), result: checkHealth(url, UPLOAD_LIMITS.healthMs / 1000) };
    this.#checks.set(url, check);
    // A response says nothing about the next moment, so it is not shared later.
    check.result.then(({ responds }) => responds && this.#checks.get(url) === check && this.#checks.delete(url));
    return check;
  }

  #sharedToken(url, userWaits, signal) {
    const key = `${userWaits} ${url}`;
    if (!this.#tokens.has(key)) {
      const token = this.#budget.spend({ userWaits, signal }).finally(() => this.#tokens.delete(key));
      this.#tokens.set(key, token);
    }
    return this.#tokens.get(key);
  }
}
