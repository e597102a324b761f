// config.json names the serving region's API. It may be missing, invalid, unreachable, or older than one read before.

import { fetchText } from "./http.js";
import { isAccepted, parseConfig, parseGeneration, validateConfig } from "./routing-config.js";
import { load, save } from "./storage.js";
import { pause } from "./wait.js";

const FIRST_VISIT_SECONDS = 35;
const MAX_AGE_MS = 5_000;
// A config.json that does not respond must not delay a question more than this.
const MAX_WAIT_MS = 1_000;

/**
 * Reads config.json, past every cache. Returns `{state, config}`: "valid" with `{apiUrl, fallbackApiUrl, region, role,
 * generation}` (generation null: manually edited), or "missing", "invalid" or "unreachable" without `config`.
 */
export async function readConfig(seconds) {
  let response;
  try {
    response = await fetchText("config.json", { cache: "no-store" }, { seconds });
  } catch {
    return { state: "unreachable" };
  }
  // S3 answers 403, not 404, for a missing key if the caller may not list the bucket.
  if (response.status === 403 || response.status === 404) return { state: "missing" };
  if (!response.ok) return { state: "unreachable" };
  const config = parseConfig(response.text);
  return config ? { state: "valid", config } : { state: "invalid" };
}

/**
 * Reads config.json on a first visit, when no earlier copy is stored. Calls `onSlow` after `seconds` and keeps waiting,
 * because CloudFront waits 30 s for a failover bucket that hangs before it asks the other bucket.
 */
export async function readConfigOnFirstVisit(seconds, onSlow) {
  const timer = setTimeout(onSlow, seconds * 1000);
  try {
    return await readConfig(FIRST_VISIT_SECONDS);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The last read of config.json. A question needs a recent one: after a planned failover the region that was left still
 * answers, so only config.json says that it was left.
 */
export class RecentRead {
  #startedAt = 0;
  #reading = null;

  track(reading) {
    this.#startedAt = Date.now();
    this.#reading = reading;
    return reading;
  }

  /** Reads again if the last read began more than 5 s ago. Waits at most 1 s; the read goes on and is then applied. */
  async ensure(read, signal) {
    // Not `performance.now()`, which may stop while a computer sleeps. The clock may have been set back.
    if (Math.abs(Date.now() - this.#startedAt) > MAX_AGE_MS) read();
    await Promise.race([this.#reading, pause(MAX_WAIT_MS, signal)]);
  }
}

/** The configuration in effect and the highest generation seen, stored in the browser for all its tabs. */
export class ConfigStore {
  /** In the shape that `readConfig` returns; null while none is known. */
  config = null;
  #highest = 0;
  #older = null;

  constructor() {
    this.loadNewer();
  }

  /** Loads the configuration that another tab has stored, if it is newer. */
  loadNewer() {
    const stored = load("config", null);
    const config = validateConfig(stored);
    const highest = Math.max(parseGeneration(stored?.highest) ?? 0, config?.generation ?? 0);
    if (!config || (this.config && highest <= this.#highest)) return;
    this.config = config;
    this.#highest = highest;
  }

  /**
   * Puts a configuration into effect unless it is older than the one in effect; returns whether it did. The highest
   * generation wins, and a manually edited configuration always does.
   */
  accept(config) {
    this.loadNewer();
    if (!isAccepted(config, { config: this.config, highest: this.#highest })) {
      this.#older = config;
      return false;
    }
    this.config = config;
    this.#highest = Math.max(this.#highest, config.generation ?? 0);
    save("config", { ...config, highest: this.#highest });
    return true;
  }

  /** The URLs of all known APIs: first the configuration in effect, then, as a last resort, an older one. */
  get apiUrls() {
    const urls = [this.config, this.#older].flatMap((config) => [config?.apiUrl, config?.fallbackApiUrl]);
    return [...new Set(urls.filter(Boolean))];
  }
}
