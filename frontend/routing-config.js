// The rule for reading config.json and for whether the page obeys it. The operator's tool has the same rule in
// standby/deployment/routing_config.py; both pass tests/routing_config_cases.json.

const MAX_BYTES = 65_536;
const MAX_BRACKETS = 100;
const API_URL = /^https:\/\/([a-z0-9.-]+)(?::443|(:[0-9]{1,5}))?((?:\/(?!\.{1,2}(?:\/|$))[a-z0-9._~-]+)*)\/?$/i;

/** Returns the configuration, or null if the text of a response is not a valid one. */
export function parseConfig(text) {
  const brackets = text.match(/[{[]/g)?.length ?? 0;
  if (brackets > MAX_BRACKETS || new TextEncoder().encode(text).length > MAX_BYTES) return null;
  try {
    return validateConfig(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Returns the configuration that a value describes, or null. `generation` is null if it was manually edited. */
export function validateConfig(value) {
  const apiUrl = normalizeUrl(value?.apiUrl);
  if (!apiUrl) return null;
  return {
    apiUrl,
    fallbackApiUrl: normalizeUrl(value.fallbackApiUrl),
    region: typeof value.region === "string" ? value.region : "",
    role: value.role === "failover" ? "failover" : "primary",
    generation: parseGeneration(value.generation),
  };
}

/** Whether a page that obeys `config`, and has seen the generation `highest`, obeys the one that it reads now. */
export function isAccepted(read, { config, highest }) {
  return !config || read.generation === null || read.generation >= highest;
}

/** Returns the generation, of at most 12 digits, or null if the value is none. */
export function parseGeneration(value) {
  return Number.isSafeInteger(value) && value > 0 && value < 1e12 ? value : null;
}

/** The URL in its normal form, with a slash at its end; "" if the page must not call it. */
function normalizeUrl(value) {
  const match = typeof value === "string" && API_URL.exec(value.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""));
  return match ? `https://${match[1].toLowerCase()}${match[2] ?? ""}${match[3]}/` : "";
}
