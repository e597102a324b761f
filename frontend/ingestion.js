// What became of the documents: /ingestion-status tells of jobs, and from them follows each document's state.

import { jittered, pause, visible } from "./rate-limit.js";
import { clean, shorten } from "./text.js";

const PAUSES_SECONDS = [1, 2, 3, 5, 8, 12, 15];
const PATIENCE_MS = 15 * 60_000;
const RUNNING = new Set(["STARTING", "IN_PROGRESS", "STOPPING"]);

/** Asks only while a document is on its way and the page can be seen. Dispatches "change" when `last` has changed. */
export class Ingestion extends EventTarget {
  /** The last answer: `{jobs, region}`, or null; `failure` says why there is no newer one. */
  last = null;
  failure = "";

  #service;
  #uploads;
  #asking = false;
  #since = new WeakMap();

  constructor(service, uploads) {
    super();
    this.#service = service;
    this.#uploads = uploads;
    uploads.addEventListener("change", () => this.#follow());
    service.addEventListener("change", () => this.#follow());
  }

  /** Asks once, on the user's wish. */
  async ask() {
    try {
      const { body } = await this.#service.call("ingestion-status");
      this.last = { jobs: Array.isArray(body.jobs) ? body.jobs : [], region: clean(body.region) };
      this.failure = "";
      for (const document of this.#uploads.documents.filter(onItsWay)) this.#settle(document);
    } catch (error) {
      this.failure = error.message;
    }
    this.dispatchEvent(new Event("change"));
  }

  async #follow() {
    if (this.#asking || !this.#awaited().length) return;
    this.#asking = true;
    for (let round = 0; this.#awaited().length > 0; round += 1) {
      await visible();
      await this.ask();
      if (this.#awaited().length === 0) break;
      await pause(jittered(PAUSES_SECONDS[Math.min(round, PAUSES_SECONDS.length - 1)] * 1000));
    }
    this.#asking = false;
  }

  #awaited() {
    const region = this.#service.api?.region;
    return this.#uploads.documents.filter(
      (document) => onItsWay(document) && (!region || document.region === region) && this.#isFollowed(document),
    );
  }

  #isFollowed(document) {
    const now = performance.now();
    if (!this.#since.has(document)) this.#since.set(document, now);
    return now - this.#since.get(document) < PATIENCE_MS;
  }

  #settle(document) {
    const found = stateFrom(this.last, document);
    if (found.state !== document.state || found.reason !== document.reason) this.#uploads.settle(document, found);
  }
}

export function onItsWay({ state }) {
  return state === "uploaded" || state === "ingesting";
}

/**
 * A document's state as the jobs tell it: one that began after the upload and is complete has read it, whatever became of
 * the others. One that was stopped or broke down says nothing about a document, and the service starts another one.
 */
export function stateFrom({ jobs, region }, { region: where, uploadedAt, key, state }) {
  if (region !== where)
    return { state: "uploaded", reason: `${region} follows as soon as it has received the document.` };
  // Newest first, as the API lists them.
  const later = jobs.filter((job) => Date.parse(job.startedAt) >= uploadedAt);
  const complete = later.filter((job) => job.status === "COMPLETE");
  if (complete.some((job) => !failedFor(job, key))) return { state: "ready", reason: "" };
  if (later.some((job) => RUNNING.has(job.status))) return { state: "ingesting", reason: "" };
  if (complete.length > 0) return { state: "failed", reason: reasonOf(complete[0], key) };
  if (later.length > 0)
    return { state: "uploaded", reason: `An ingestion has failed, and it is tried again. ${reasonOf(later[0], key)}` };
  return { state, reason: "" };
}

function failedFor({ statistics, failureReasons }, key) {
  const { numberOfDocumentsFailed: failed = 0, numberOfNewDocumentsIndexed: added = 0 } = statistics ?? {};
  const { numberOfModifiedDocumentsIndexed: changed = 0 } = statistics ?? {};
  if (failed === 0) return false;
  const reasons = reasonsOf({ failureReasons });
  if (reasons.some((reason) => reason.includes(key))) return true;
  // Some documents failed, and no reason names any: this one did if the job took in nothing.
  return !reasons.some((reason) => reason.includes("uploads/")) && added + changed === 0;
}

function reasonOf(job, key) {
  const reasons = reasonsOf(job);
  const reason = reasons.find((one) => one.includes(key)) ?? reasons[0] ?? "The Knowledge Base gave no reason.";
  return shorten(reason, 300);
}

function reasonsOf({ failureReasons }) {
  return (Array.isArray(failureReasons) ? failureReasons : []).map(clean);
}
