// Tells a slow answer from a dead API: while a request is quiet, the API's /health is asked beside it.

import { CallError, request } from "./http.js";
import { pause } from "./patience.js";

// An answer may take 26 s; nobody should wait so long for none. Two health requests decide, 2.7 s after the question.
const QUIET_MS = 1200;
const SECOND_MS = 700;
const VERDICT_MS = 1500;
const AGAIN_MS = 5000;

/** Whether the API's /health says that it can serve, within so many seconds; its region, else false. */
export async function healthy(url, seconds, signal) {
  try {
    const report = await request(`${url}health`, { seconds, signal });
    return report.status === "healthy" ? { region: typeof report.region === "string" ? report.region : "" } : false;
  } catch {
    return false;
  }
}

/**
 * Runs `run(signal, touch)` against `url`; `touch()` tells that it goes on. Throws CallError "silent" once the API is
 * found dead, and otherwise what `run` throws.
 */
export async function watched(url, permissions, run, signal) {
  const done = new AbortController();
  const given = signal ? AbortSignal.any([signal, done.signal]) : done.signal;
  let touched = performance.now();
  const dead = watch(url, permissions, () => touched, done.signal);
  try {
    return await Promise.race([run(given, () => (touched = performance.now())), dead]);
  } finally {
    done.abort();
  }
}

async function watch(url, permissions, touched, signal) {
  try {
    for (let quiet = QUIET_MS; ; quiet = AGAIN_MS) {
      for (let left = quiet; left > 0; left = quiet - (performance.now() - touched())) await pause(left, signal);
      if (!(await alive(url, permissions, signal))) throw new CallError("silent", "The service stopped answering.");
      if (quiet === AGAIN_MS) await pause(AGAIN_MS, signal);
    }
  } catch (error) {
    // Ended because the request itself has ended: whoever waits for the request has its answer already.
    if (error.kind === "cancelled") return new Promise(() => {});
    throw error;
  }
}

/** Asks twice, overlapping, so that one slow start is not taken for death; either good answer is enough. */
async function alive(url, permissions, signal) {
  await permissions.take(signal);
  const first = healthy(url, VERDICT_MS / 1000, signal);
  const early = await Promise.race([first, pause(SECOND_MS, signal).then(() => null)]);
  if (early) return true;
  await permissions.take(signal);
  const second = healthy(url, (VERDICT_MS - SECOND_MS) / 1000, signal);
  return Boolean(await Promise.any([first.then(orThrow), second.then(orThrow)]).catch(() => false));
}

function orThrow(good) {
  if (!good) throw new CallError("silent");
  return good;
}
