// The list of documents that were uploaded from this browser, stored in the browser for all its tabs.
//
// Each document has a key of its own. A removed document leaves its id and the time: another tab, which does not know of
// the removal yet, may still store a change of the document.

import { load, loadAll, onChangeInOtherTab, remove, save } from "./storage.js";
import { clean } from "./text.js";

const DOCUMENT = "document.";
const REMOVED = "document-removed.";
/** All documents in one value: how earlier versions of the page stored them. */
const ALL = "documents";
const MAX_STORED = 50;
const REMOVAL_KEPT_MS = 86_400_000;

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

  constructor() {
    super();
    onTabClosed(this.#tab, () => new Promise(() => {}));
    migrate();
    this.#read();
    onChangeInOtherTab("document", () => {
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
    const added = { ...document, addedAt: Date.now(), tab: this.#tab };
    this.documents = [added, ...this.documents.filter(({ id }) => id !== added.id)];
    this.#store(added);
    for (const { id } of this.documents.slice(MAX_STORED)) remove(DOCUMENT + id);
    this.dispatchEvent(new Event("change"));
  }

  update(document, changes) {
    this.#read();
    Object.assign(document, changes);
    this.#store(document);
    this.dispatchEvent(new Event("change"));
  }

  /** Removes the documents for which `matches(document)` is true, in every tab. */
  remove(matches) {
    this.#read();
    for (const { id } of this.documents.filter(matches)) {
      save(REMOVED + id, Date.now());
      remove(DOCUMENT + id);
    }
    this.documents = this.documents.filter((document) => !matches(document));
    this.dispatchEvent(new Event("change"));
  }

  /** Merges the changes of other tabs. For a document whose file this tab has, this tab's own state counts. */
  #read() {
    const removed = loadAll(REMOVED);
    for (const id of removed.keys()) remove(DOCUMENT + id);
    const stored = new Map(loadStored().map((one) => [one.id, one]));
    const own = this.documents.filter((one) => (one.file && isInProgress(one)) || !removed.has(one.id));
    for (const one of own.filter(({ file }) => !file)) Object.assign(one, stored.get(one.id));
    for (const { id } of own) stored.delete(id);
    this.documents = [...own, ...stored.values()].sort((one, other) => other.addedAt - one.addedAt);
    for (const { tab } of this.documents.filter(isInOtherTab)) this.#interruptWhenClosed(tab);
  }

  #store({ file, part, ...document }) {
    const isNewest = this.documents.slice(0, MAX_STORED).some(({ id }) => id === document.id);
    if (isNewest && load(REMOVED + document.id, null) === null) save(DOCUMENT + document.id, document);
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

function loadStored() {
  return parseStored([...loadAll(DOCUMENT)].map(([id, one]) => ({ ...one, id })));
}

/** Gives each document of an earlier version's list its own key, and forgets old removals. */
function migrate() {
  for (const one of parseStored(load(ALL, [])).slice(0, MAX_STORED)) save(DOCUMENT + one.id, one);
  remove(ALL);
  for (const [id, at] of loadAll(REMOVED)) if (!(at > Date.now() - REMOVAL_KEPT_MS)) remove(REMOVED + id);
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
