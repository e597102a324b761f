// One request, with a time-out, and one kind of error.

/**
 * What went wrong with a request. `kind`:
 * - "silent": no answer (network error, time-out); "broken": an answer 5xx. Both speak against the API.
 * - "busy": 429, with `retryAfter` seconds; "refused": another 4xx, whose `message` is the API's own.
 * - "cancelled": the caller's signal; "unconfigured": no API is known.
 */
export class CallError extends Error {
  constructor(kind, message = "", { status = 0, code = "", retryAfter = 0 } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  get speaksAgainstTheApi() {
    return this.kind === "silent" || this.kind === "broken";
  }
}

/** Asks `url` once and returns its JSON body. Throws CallError; the whole answer must arrive within `seconds`. */
export async function request(url, { json, seconds, signal } = {}) {
  const posted = json && {
    method: "POST",
    body: JSON.stringify(json),
    headers: { "Content-Type": "application/json" },
  };
  const { status, ok, headers, text } = await receive(
    url,
    { ...posted, cache: "no-store", credentials: "omit" },
    { seconds, signal },
  );
  const body = parse(text);
  if (ok && body) return body;
  throw failure(status, body, headers);
}

/** Fetches within `seconds`; returns status, headers and text. Throws CallError "silent" or "cancelled". */
export async function receive(url, options, { seconds, signal }) {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), seconds * 1000);
  try {
    const both = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    const answer = await fetch(url, { ...options, signal: both });
    return { status: answer.status, ok: answer.ok, headers: answer.headers, text: await answer.text() };
  } catch {
    throw signal?.aborted ? cancelled() : new CallError("silent", "The service cannot be reached.");
  } finally {
    clearTimeout(timer);
  }
}

export function cancelled() {
  return new CallError("cancelled", "Cancelled.");
}

function failure(status, body, headers) {
  const message =
    typeof body?.error?.message === "string" ? body.error.message : "The service did not answer as expected.";
  const details = { status, code: body?.error?.code, retryAfter: Number(headers.get("Retry-After")) || 1 };
  if (status === 429) return new CallError("busy", message, details);
  return new CallError(status >= 400 && status < 500 ? "refused" : "broken", message, details);
}

function parse(text) {
  try {
    const body = JSON.parse(text);
    return body !== null && typeof body === "object" ? body : null;
  } catch {
    return null;
  }
}
