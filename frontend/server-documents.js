// The documents that the service has: all users' documents, in the order of their keys, page by page.

import { explainDocument } from "./errors.js";
import { clean } from "./text.js";
import { jitter, pause, whenVisible } from "./wait.js";

const POLL_MS = 15_000;
/** A list that is older is read again when the page is shown. */
const FRESH_MS = 60_000;
const MAX_STATE_CHECKS = 40;
const UPLOADED = /\/uploads\/([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\//;

/**
 * Dispatches "change" whenever `documents`, `isComplete` or `error` has changed, "reading" before the list is requested,
 * and "read" when the list is complete.
 */
export class ServerDocuments extends EventTarget {
  /** Newest first: `{id, name, size, uploadedAt, state, reason}`. */
  documents = [];
  /** Whether there are no further pages. */
  isComplete = false;
  /** Why the last request failed, or "". */
  error = "";
  /** The region whose documents these are. */
  region = "";

  #router;
  #next = "";
  #pages = 1;
  #readAt = -Infinity;
  #api = "";
  #reading = null;
  #polling = false;

  constructor(router) {
    super();
    this.#router = router;
    router.addEventListener("change", () => {
      if (router.api && router.api.url !== this.#api && !router.down) this.refresh();
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#router.api && performance.now() - this.#readAt > FRESH_MS) this.refresh();
    });
  }

  /** Reads the pages that are shown again. Without an answer, the list stays as it is. */
  refresh() {
    this.#reading ??= this.#read(this.#pages).finally(() => (this.#reading = null));
    return this.#reading;
  }

  /** Reads one more page. */
  async showMore() {
    await this.#reading;
    this.#pages += 1;
    return this.refresh();
  }

  /** Deletes a document for everybody. Returns "", or why it was not deleted. */
  async delete(id) {
    try {
      await this.#router.call(`documents/${id}`, { method: "DELETE" });
    } catch (error) {
      return explainDocument(error, "delete it again");
    }
    this.documents = this.documents.filter((one) => one.id !== id);
    this.#notify();
    return "";
  }

  /** Opens a document in a new tab. Returns "", or why it cannot be opened. */
  async open(id) {
    // A browser opens a tab only at the click itself, before there is a link.
    const tab = globalThis.open("", "_blank");
    if (tab) tab.opener = null;
    try {
      const { body } = await this.#router.call(`documents/${id}/content`);
      if (!tab) return "The browser did not allow a new tab. Allow it for this page, then open the document again.";
      tab.location.replace(new URL(body.url));
      return "";
    } catch (error) {
      tab?.close();
      return explainDocument(error, "open it again");
    }
  }

  async #read(pages) {
    const { url } = this.#router.api ?? {};
    if (!url) return;
    this.#api = url;
    this.#readAt = performance.now();
    this.dispatchEvent(new Event("reading"));
    try {
      const found = [];
      let next = "";
      for (let page = 0; page < pages && (page === 0 || next); page += 1) {
        // Once and without failover, because nobody waits for it.
        const path = `documents${next ? `?next=${encodeURIComponent(next)}` : ""}`;
        const body = await this.#router.access.request(url, path);
        found.push(...parseDocuments(body.documents));
        this.region = clean(body.region);
        next = clean(body.next);
      }
      this.documents = found.sort((one, other) => other.uploadedAt - one.uploadedAt);
      this.#next = next;
      this.error = "";
    } catch (error) {
      this.error = `The list may be out of date. ${explainDocument(error, "check again")}`;
    }
    this.isComplete = !this.#next;
    this.#notify();
    if (this.isComplete && !this.error) this.dispatchEvent(new Event("read"));
    this.#poll();
  }

  /** Reads the list again while a document is being processed. */
  async #poll() {
    if (this.#polling) return;
    this.#polling = true;
    for (let round = 0; round < MAX_STATE_CHECKS && this.documents.some(isProcessing); round += 1) {
      await pause(jitter(POLL_MS));
      await whenVisible();
      await this.refresh();
    }
    this.#polling = false;
  }

  #notify() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Returns the id of an uploaded document by its key or S3 URI; "" if it was not uploaded through the page. */
export function documentId(uri) {
  return UPLOADED.exec(`/${uri}`)?.[1] ?? "";
}

function isProcessing({ state }) {
  return state === "processing";
}

function parseDocuments(documents) {
  return (Array.isArray(documents) ? documents : [])
    .filter((one) => typeof one?.id === "string" && typeof one.name === "string")
    .map(({ id, name, size, uploadedAt, state, reason }) => ({
      id,
      name: clean(name),
      size: Number(size) || 0,
      uploadedAt: Date.parse(uploadedAt) || 0,
      state: clean(state),
      reason: clean(reason),
    }));
}
