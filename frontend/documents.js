// The list of documents that were uploaded from this browser, stored in the browser for all its tabs.

import { load, onChangeInOtherTab, save } from "./storage.js";
import { clean } from "./text.js";

const MAX_STORED = 50;

/** Dispatches "change" when documents are added, removed or updated. */
export class DocumentList extends EventTarget {
  /**
   * Newest first: `{id, name, size, digest, state, reason, part, file, changed, region, key, uploadedAt, addedAt, tab}`.
   * `changed`: the file is no longer the one that was chosen. `needsSignIn`: interrupted until the user has signed in.
   */
  documents = [];

  /** This tab's id. The tab has a lock of that name as long as it is open. */
  #tab = crypto.randomUUID();
  #watchedTabs = new Set();
  /** The ids that were in the stored list. If one is missing later, another tab has removed it. */
  #storedIds = new Set();

  constructor() {
    super();
    onTabClosed(this.#tab, () => new Promise(() => {}));
    this.#read();
    onChangeInOtherTab("documents", () => {
      this.#read();
      this.dispatchEvent(new Event("change"));
    });
  }

  /** Returns the document of a file that was added before, by the file's name and the digest of its content. */
  find(name, digest) {
    this.#read();
    return this.documents.find((one) => one.name === clean(name) && one.digest === digest);
  }

  /** Adds a document as the first one, in place of a document with the same id. */
  add(document) {
    this.#read();
    const others = this.documents.filter(({ id }) => id !== document.id);
    this.documents = [{ ...document, addedAt: Date.now(), tab: this.#tab }, ...others];
    this.#write();
  }

  update(document, changes) {
    this.#read();
    Object.assign(document, changes);
    this.#write();
  }

  /** Removes the documents for which `matches(document)` is true, in every tab. */
  remove(matches) {
    this.#read();
    this.documents = this.documents.filter((document) => !matches(document));
    this.#write();
  }

  /** Merges the changes of other tabs. For a document whose file this tab has, this tab's own state counts. */
  #read() {
    const stored = new Map(parseStored(load("documents", [])).map((one) => [one.id, one]));
    const isRemoved = ({ id }) => this.#storedIds.has(id) && !stored.has(id) && stored.size < MAX_STORED;
    const own = this.documents.filter((one) => (one.file && isInProgress(one)) || !isRemoved(one));
    for (const one of own.filter(({ file }) => !file)) Object.assign(one, stored.get(one.id));
    this.#storedIds = new Set(stored.keys());
    for (const { id } of own) stored.delete(id);
    this.documents = [...own, ...stored.values()].sort((one, other) => other.addedAt - one.addedAt);
    for (const { tab } of this.documents.filter(isInOtherTab)) this.#interruptWhenClosed(tab);
  }

  #write() {
    const newest = this.documents.slice(0, MAX_STORED);
    const saved = save(
      "documents",
      newest.map(({ file, part, ...document }) => document),
    );
    if (saved) this.#storedIds = new Set(newest.map(({ id }) => id));
    this.dispatchEvent(new Event("change"));
  }

  #interruptWhenClosed(tab) {
    if (this.#watchedTabs.has(tab)) return;
    this.#watchedTabs.add(tab);
    const reason = "The page was closed during the upload. Choose the file again.";
    onTabClosed(tab, () => {
      this.#read();
      for (const one of this.documents.filter((other) => other.tab === tab && isInOtherTab(other)))
        this.update(one, { state: "interrupted", reason });
    });
  }
}

/** Whether a document is being uploaded or is waiting for its upload. */
export function isInProgress({ state }) {
  return state === "waiting" || state === "uploading";
}

/** Whether a document is stored, and was not refused when it was processed. */
export function isUploaded({ state }) {
  return state === "uploaded" || state === "ingesting" || state === "ready";
}

/** Whether another tab uploads the document: this tab does not have its file. */
export function isInOtherTab(document) {
  return isInProgress(document) && !document.file;
}

/** Calls `callback` once the tab is closed, because the browser then releases the tab's lock. */
function onTabClosed(tab, callback) {
  navigator.locks.request(`ask.tab.${tab}`, callback).catch(() => {});
}

function parseStored(documents) {
  return (Array.isArray(documents) ? documents : [])
    .filter((one) => typeof one?.id === "string" && typeof one.name === "string" && Number.isFinite(one.size))
    .map((one) => ({
      ...one,
      name: clean(one.name),
      reason: clean(one.reason),
      tab: `${one.tab}`,
      addedAt: Number(one.addedAt) || 0,
      part: 0,
      file: null,
    }));
}
