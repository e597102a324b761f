// Follows uploaded documents until they are ingested. Their state is derived from the jobs in /ingestion-status.

import { explain } from "./errors.js";
import { clean, truncate } from "./text.js";
import { jitter, pause, whenVisible } from "./wait.js";

const POLL_SECONDS = [1, 2, 3, 5, 8, 12, 15];
const FOLLOW_MS = 15 * 60_000;
const RUNNING = new Set(["STARTING", "IN_PROGRESS", "STOPPING"]);

/** Polls only while a document is pending and the page is visible. Dispatches "change" after each request. */
export class Ingestion extends EventTarget {
  /** The last response: `{jobs, region}`, or null. */
  status = null;
  /** Why the last request failed, or "". */
  error = "";

  #router;
  #uploads;
  #polling = false;
  #followedSince = new WeakMap();

  constructor(router, uploads) {
    super();
    this.#router = router;
    this.#uploads = uploads;
    uploads.addEventListener("change", () => this.#poll());
    router.addEventListener("change", () => this.#poll());
  }

  /** Requests the status once and updates the pending documents. */
  async refresh() {
    try {
      const { body } = await this.#router.call("ingestion-status");
      this.status = { jobs: Array.isArray(body.jobs) ? body.jobs : [], region: clean(body.region) };
      this.error = "";
      for (const document of this.#uploads.documents.filter(isPending)) this.#update(document);
    } catch (error) {
      // The line under the header says that the user has to sign in.
      const isSignedOut = error.kind === "signed-out";
      this.error = isSignedOut ? "" : `The documents’ states are not known. ${explain(error, "check again")}`;
    }
    this.dispatchEvent(new Event("change"));
  }

  async #poll() {
    if (this.#polling || !this.#followed().length) return;
    this.#polling = true;
    for (let round = 0; this.#followed().length > 0; round += 1) {
      await whenVisible();
      await this.refresh();
      if (this.#followed().length === 0) break;
      await pause(jitter(POLL_SECONDS[Math.min(round, POLL_SECONDS.length - 1)] * 1000));
    }
    this.#polling = false;
  }

  #followed() {
    const region = this.#router.api?.region;
    return this.#uploads.documents.filter(
      (document) => isPending(document) && (!region || document.region === region) && this.#isRecent(document),
    );
  }

  #isRecent(document) {
    const now = performance.now();
    if (!this.#followedSince.has(document)) this.#followedSince.set(document, now);
    return now - this.#followedSince.get(document) < FOLLOW_MS;
  }

  #update(document) {
    const found = documentState(this.status, document);
    if (found.state !== document.state || found.reason !== document.reason) this.#uploads.update(document, found);
  }
}

/** Whether a document is uploaded and not yet ingested. */
export function isPending({ state }) {
  return state === "uploaded" || state === "ingesting";
}

/**
 * Returns a document's state according to the jobs. A complete job that started after the upload has read the document,
 * whatever the other jobs did. A job that failed or was stopped proves nothing: the service starts another one.
 */
export function documentState({ jobs, region }, { region: uploadRegion, uploadedAt, key, state }) {
  if (region !== uploadRegion)
    return { state: "uploaded", reason: "It is processed after it is copied to the location that answers now." };
  // Newest first, as the API lists them.
  const later = jobs.filter((job) => Date.parse(job.startedAt) >= uploadedAt);
  const complete = later.filter((job) => job.status === "COMPLETE");
  if (complete.some((job) => !hasFailed(job, key))) return { state: "ready", reason: "" };
  if (later.some((job) => RUNNING.has(job.status))) return { state: "ingesting", reason: "" };
  if (complete.length > 0) return { state: "failed", reason: failureReason(complete[0], key) };
  if (later.length > 0)
    return {
      state: "uploaded",
      reason: `Processing failed and will be tried again. ${failureReason(later[0], key)}`,
    };
  return { state, reason: "" };
}

/** Whether the job failed to ingest this document. */
function hasFailed({ statistics, failureReasons }, key) {
  const { numberOfDocumentsFailed: failed = 0, numberOfNewDocumentsIndexed: added = 0 } = statistics ?? {};
  const { numberOfModifiedDocumentsIndexed: changed = 0 } = statistics ?? {};
  if (failed === 0) return false;
  const reasons = cleanReasons({ failureReasons });
  if (reasons.some((reason) => reason.includes(key))) return true;
  // Some documents failed, and no reason names one: this document did if the job indexed nothing.
  return !reasons.some((reason) => reason.includes("uploads/")) && added + changed === 0;
}

function failureReason(job, key) {
  const reasons = cleanReasons(job);
  const reason = reasons.find((one) => one.includes(key)) ?? reasons[0] ?? "No reason was given.";
  return truncate(reason, 300);
}

function cleanReasons({ failureReasons }) {
  return (Array.isArray(failureReasons) ? failureReasons : []).map(clean);
}
