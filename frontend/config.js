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

/** The last good config.json and the highest generation ever seen, as the browser keeps them. */
export class Memory {
  config = checked(load("config", null));
  generation = Number.isInteger(load("generation", 0)) ? load("generation", 0) : 0;

  /** Whether this configuration may be obeyed: the highest generation wins; one written by hand is a deliberate act. */
  allows(config) {
    return config.generation === null || config.generation >= this.generation;
  }

  keep(config) {
    this.config = config;
    this.generation = Math.max(this.generation, config.generation ?? 0);
    save("config", config);
    save("generation", this.generation);
  }
}

function checked(value) {
  const apiUrl = address(value?.apiUrl);
  if (!apiUrl) return null;
  const generation = Number.isInteger(value.generation) && value.generation > 0 ? value.generation : null;
  return {
    apiUrl,
    fallbackApiUrl: address(value.fallbackApiUrl),
    region: typeof value.region === "string" ? value.region : "",
    role: value.role === "failover" ? "failover" : "primary",
    generation,
  };
}

/** The address with a slash at its end, or "" where it is none that the page may call. */
function address(value) {
  if (typeof value !== "string" || !URL.canParse(value)) return "";
  const url = new URL(value);
  if (url.protocol !== "https:" || url.search || url.hash) return "";
  return url.href.endsWith("/") ? url.href : `${url.href}/`;
}
