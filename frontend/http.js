// One HTTP request with a deadline, and the one error type of all requests.

/**
 * Why a request failed. `kind` is one of:
 * - "unreachable": no response (network error or time-out); "server-error": a 5xx response. Both count as API failures.
 * - "throttled": 429, with `retryAfter` in seconds.
 * - "rejected": another 4xx; `message` is the API's own.
 * - "canceled": the caller's signal aborted.
 * - "signed-out": the user has to sign in; `message` says so.
 * - "unconfigured": no API is known.
 * - "changed": the file to upload is no longer the one that was chosen.
 */
export class CallError extends Error {
  constructor(kind, message = "", { status = 0, code = "", retryAfter = 0 } = {}) {
    super(message);
    this.kind = kind;
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  get isApiFailure() {
    return this.kind === "unreachable" || this.kind === "server-error";
  }
}

/**
 * Sends one request, with `token` as a bearer token, and returns its JSON body. The whole response must arrive in
 * `seconds`. Throws CallError.
 */
export async function request(url, { json, token, seconds, signal } = {}) {
  const authorization = token && { Authorization: `Bearer ${token}` };
  const post = json && {
    method: "POST",
    body: JSON.stringify(json),
    headers: { "Content-Type": "application/json", ...authorization },
  };
  const { status, ok, headers, text } = await fetchText(
    url,
    { headers: authorization, ...post, cache: "no-store", credentials: "omit" },
    { seconds, signal },
  );
  const body = parseObject(text);
  if (ok && body) return body;
  throw responseError(status, body, headers);
}

/** Fetches in `seconds`; returns status, headers and text. Throws CallError "unreachable" or "canceled". */
export async function fetchText(url, options, { seconds, signal }) {
  const timeout = new AbortController();
  const timer = setTimeout(() => timeout.abort(), seconds * 1000);
  try {
    const either = signal ? AbortSignal.any([signal, timeout.signal]) : timeout.signal;
    const response = await fetch(url, { ...options, signal: either });
    return { status: response.status, ok: response.ok, headers: response.headers, text: await response.text() };
  } catch {
    throw signal?.aborted ? canceledError() : new CallError("unreachable", "The service cannot be reached.");
  } finally {
    clearTimeout(timer);
  }
}

export function canceledError() {
  return new CallError("canceled", "Canceled.");
}

function responseError(status, body, headers) {
  const message =
    typeof body?.error?.message === "string" ? body.error.message : "The service returned an unexpected response.";
  const details = { status, code: body?.error?.code, retryAfter: Number(headers.get("Retry-After")) || 1 };
  if (status === 429) return new CallError("throttled", message, details);
  return new CallError(status >= 400 && status < 500 ? "rejected" : "server-error", message, details);
}

function parseObject(text) {
  try {
    const body = JSON.parse(text);
    return body !== null && typeof body === "object" ? body : null;
  } catch {
    return null;
  }
}
