// config.json names the serving region's API. It may be missing, invalid, unreachable, or older than one read before.

import { fetchText } from "./http.js";
import { isAccepted, parseConfig, parseGeneration, validateConfig } from "./routing-config.js";
import { load, loadAll, remove, save } from "./storage.js";

const FIRST_VISIT_SECONDS = 35;

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

// Each stored configuration has the highest generation seen in its key. So a tab that does not know of a newer one yet
// does not replace it.
const STORED = "config.";
/** One value with the property `highest`: how earlier versions of the page stored it. */
const EARLIER = "config";

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
    const [newest] = loadStored();
    if (!newest || (this.config && newest.highest <= this.#highest)) return;
    this.config = newest.config;
    this.#highest = newest.highest;
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
    save(STORED + this.#highest, config);
    for (const { key, highest } of loadStored()) if (highest < this.#highest || key === EARLIER) remove(key);
    return true;
  }

  /** The URLs of all known APIs: first the configuration in effect, then, as a last resort, an older one. */
  get apiUrls() {
    const urls = [this.config, this.#older].flatMap((config) => [config?.apiUrl, config?.fallbackApiUrl]);
    return [...new Set(urls.filter(Boolean))];
  }
}

/** Returns the valid ones of the stored configurations as `{key, highest, config}`, the newest first. */
function loadStored() {
  const earlier = load(EARLIER, null);
  const stored = [...loadAll(STORED)].map(([highest, value]) => [STORED + highest, Number(highest), value]);
  return [...stored, [EARLIER, earlier?.highest, earlier]]
    .map(([key, highest, value]) => ({ key, highest, config: validateConfig(value) }))
    .filter(({ config }) => config)
    .map((one) => ({ ...one, highest: Math.max(parseGeneration(one.highest) ?? 0, one.config.generation ?? 0) }))
    .sort((one, other) => other.highest - one.highest);
}
