// config.json: which region's API to ask. It may be absent, malformed, unreachable or older than one read before.

import { receive } from "./http.js";
import { load, save } from "./storage.js";

const NEWCOMER_SECONDS = 35;

/**
 * Reads config.json anew. Returns `{state, config}`: "good" with `{apiUrl, fallbackApiUrl, region, role, generation}`
 * (generation null: written by hand), or "missing", "malformed", "unreachable".
 */
export async function readConfig(seconds) {
  let answer;
  try {
    answer = await receive("config.json", { cache: "no-store" }, { seconds });
  } catch {
    return { state: "unreachable" };
  }
  // A bucket that does not let its keys be listed answers 403 for one that it does not have.
  if (answer.status === 403 || answer.status === 404) return { state: "missing" };
  if (!answer.ok) return { state: "unreachable" };
  const config = parseConfig(answer.text);
  return config ? { state: "good", config } : { state: "malformed" };
}

/**
 * Reads it for a newcomer, who has nothing else to go on with: calls `slow` after so many seconds, and waits on. CloudFront
 * holds the request for 30 s where the failover bucket takes it and hangs, and only then asks the other bucket.
 */
export async function readFirstConfig(seconds, slow) {
  const told = setTimeout(slow, seconds * 1000);
  try {
    return await readConfig(NEWCOMER_SECONDS);
  } finally {
    clearTimeout(told);
  }
}

export function parseConfig(text) {
  try {
    return checked(JSON.parse(text));
  } catch {
    return null;
  }
}

/** The last good config.json and the highest generation ever seen, as the browser keeps them for all of its tabs. */
export class Memory {
  /** As `readConfig` returns it; null while none is known. */
  config = null;
  #highest = 0;
  #older = null;

  constructor() {
    this.catchUp();
  }

  /** Takes over what another tab has kept meanwhile, where that is newer. */
  catchUp() {
    const kept = load("config", null);
    const config = checked(kept);
    const highest = Math.max(positive(kept?.highest) ?? 0, config?.generation ?? 0);
    if (!config || (this.config && highest <= this.#highest)) return;
    this.config = config;
    this.#highest = highest;
  }

  /** Keeps a configuration that may be obeyed; returns whether it may: the highest generation wins, a hand's is a deed. */
  take(config) {
    this.catchUp();
    if (this.config && config.generation !== null && config.generation < this.#highest) {
      this.#older = config;
      return false;
    }
    this.config = config;
    this.#highest = Math.max(this.#highest, config.generation ?? 0);
    save("config", { ...config, highest: this.#highest });
    return true;
  }

  /** Every API that may be asked, the named one first; those of an older config.json are better than none, and last. */
  get urls() {
    const known = [this.config, this.#older].flatMap((config) => [config?.apiUrl, config?.fallbackApiUrl]);
    return [...new Set(known.filter(Boolean))];
  }
}

function checked(value) {
  const apiUrl = address(value?.apiUrl);
  if (!apiUrl) return null;
  return {
    apiUrl,
    fallbackApiUrl: address(value.fallbackApiUrl),
    region: typeof value.region === "string" ? value.region : "",
    role: value.role === "failover" ? "failover" : "primary",
    generation: positive(value.generation),
  };
}

function positive(value) {
  return Number.isSafeInteger(value) && value > 0 ? value : null;
}

/** The address with a slash at its end, or "" where it is none that the page may call. */
function address(value) {
  if (typeof value !== "string" || !URL.canParse(value)) return "";
  const url = new URL(value);
  if (url.protocol !== "https:" || url.search || url.hash) return "";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}
