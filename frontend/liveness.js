// Tells a slow answer from a dead API: while something is quiet, the API's /health is asked beside it.

import { CallError, request } from "./http.js";
import { pause } from "./rate-limit.js";

// How long something may be quiet, and how long /health may then take, until its API counts as dead: milliseconds.
// An answer may take 26 s; nobody should wait so long for none, so a question is asked elsewhere 3 s after it was asked.
const QUESTION = { quiet: 1200, verdict: 1800, awaited: true };
// A file that fills the line holds up its own progress and /health alike, and to send it again would fill the line again.
export const UPLOAD = { quiet: 10_000, verdict: 8000, awaited: false };
const AGAIN_MS = 5000;

/** What the API's /health says within so many seconds: whether it answers at all, whether it can serve, its region. */
export async function health(url, seconds) {
  try {
    const { status, region } = await request(`${url}health`, { seconds });
    return { answers: true, healthy: status === "healthy", region: typeof region === "string" ? region : "" };
  } catch (error) {
    return { answers: error.status > 0, healthy: false, region: "" };
  }
}

export class Watch {
  #permissions;
  /** By API: how /health was asked last, unless it answered; and the permissions to ask it that are waited for. */
  #asked = new Map();
  #permitted = new Map();

  constructor(permissions) {
    this.#permissions = permissions;
  }

  /**
   * Runs `task(signal, touch)` against `url`; `touch()` tells that it goes on. Throws CallError "silent" once the API is
   * found dead, and otherwise what `task` throws.
   */
  async over(url, task, { signal, patience = QUESTION } = {}) {
    const done = new AbortController();
    const given = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
    let touched = performance.now();
    const dead = this.#untilDead(url, patience, () => touched, done.signal);
    try {
      return await Promise.race([task(given, () => (touched = performance.now())), dead]);
    } finally {
      done.abort();
    }
  }

  /** What `health` says now, asked once for all who wonder at the same time. */
  async report(url, signal) {
    return (await this.#asking(url, { since: performance.now(), awaited: false, signal })).report;
  }

  async #untilDead(url, { quiet, verdict, awaited }, touched, signal) {
    try {
      for (let asked = -Infinity; ; asked = performance.now()) {
        for (let left; (left = Math.max(touched() + quiet, asked + AGAIN_MS) - performance.now()) > 0;)
          await pause(left, signal);
        const { report } = await this.#asking(url, { since: touched(), awaited, signal });
        const given = await Promise.race([report, pause(verdict, signal).then(() => null)]);
        if (!given?.answers) throw new CallError("silent", "The service stopped answering.");
      }
    } catch (error) {
      // Ended because the request itself has ended: whoever waits for the request has its answer already.
      if (error.kind === "cancelled") return new Promise(() => {});
      throw error;
    }
  }

  /** Resolves to `{report, begun}` as soon as /health is being asked, or if it was, by anybody, after `since`. */
  async #asking(url, { since, awaited, signal }) {
    const known = () => (this.#asked.get(url)?.begun >= since ? this.#asked.get(url) : null);
    while (!known()) {
      try {
        await this.#permission(url, awaited, signal);
        return known() ?? this.#ask(url);
      } catch (error) {
        // Another one's permission, who has gone; now one's own is asked for.
        if (signal?.aborted) throw error;
      }
    }
    return known();
  }

  #ask(url) {
    const asking = { begun: performance.now(), report: health(url, UPLOAD.verdict / 1000) };
    this.#asked.set(url, asking);
    // That it answered says nothing about the next moment.
    asking.report.then(({ answers }) => answers && this.#asked.get(url) === asking && this.#asked.delete(url));
    return asking;
  }

  #permission(url, awaited, signal) {
    const key = `${awaited} ${url}`;
    if (!this.#permitted.has(key)) {
      const taken = this.#permissions.take({ awaited, signal }).finally(() => this.#permitted.delete(key));
      this.#permitted.set(key, taken);
    }
    return this.#permitted.get(key);
  }
}
