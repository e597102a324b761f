// The list of documents that were uploaded from this browser, as it keeps it for all of its tabs.

import { followOtherTabs, load, save } from "./storage.js";
import { clean } from "./text.js";

const KEPT = 50;

/** Dispatches "change" when documents come, go or change. */
export class DocumentList extends EventTarget {
  /** Newest first: `{id, name, size, modified, state, reason, part, file, region, key, uploadedAt, addedAt, tab}`. */
  all = [];

  /** This page's own name; as long as it is open it holds the lock of that name. */
  #tab = crypto.randomUUID();
  #waitedFor = new Set();
  /** Ids that were in the kept list: another tab has removed what is there no longer. */
  #seen = new Set();

  constructor() {
    super();
    whenClosed(this.#tab, () => new Promise(() => {}));
    this.#read();
    followOtherTabs("documents", () => {
      this.#read();
      this.dispatchEvent(new Event("change"));
    });
  }

  /** The document that a file became when it came before: by its name, size and time. */
  find({ name, size, lastModified }) {
    this.#read();
    return this.all.find((one) => one.name === clean(name) && one.size === size && one.modified === lastModified);
  }

  /** Puts a document first, in the place of the one with its id. */
  add(document) {
    this.#read();
    const others = this.all.filter(({ id }) => id !== document.id);
    this.all = [{ ...document, addedAt: Date.now(), tab: this.#tab }, ...others];
    this.#write();
  }

  change(document, changes) {
    this.#read();
    Object.assign(document, changes);
    this.#write();
  }

  /** Takes documents off the list, in every tab. */
  remove(whether) {
    this.#read();
    this.all = this.all.filter((document) => !whether(document));
    this.#write();
  }

  /** Takes over what other tabs have changed; about a file that it has itself this one knows better. */
  #read() {
    const kept = new Map(restored(load("documents", [])).map((one) => [one.id, one]));
    const removed = ({ id }) => this.#seen.has(id) && !kept.has(id) && kept.size < KEPT;
    const own = this.all.filter((one) => (one.file && isGoing(one)) || !removed(one));
    for (const one of own.filter(({ file }) => !file)) Object.assign(one, kept.get(one.id));
    this.#seen = new Set(kept.keys());
    for (const { id } of own) kept.delete(id);
    this.all = [...own, ...kept.values()].sort((one, other) => other.addedAt - one.addedAt);
    for (const { tab } of this.all.filter(isElsewhere)) this.#interruptWhenClosed(tab);
  }

  #write() {
    const kept = this.all.slice(0, KEPT);
    const saved = save(
      "documents",
      kept.map(({ file, part, ...document }) => document),
    );
    if (saved) this.#seen = new Set(kept.map(({ id }) => id));
    this.dispatchEvent(new Event("change"));
  }

  #interruptWhenClosed(tab) {
    if (this.#waitedFor.has(tab)) return;
    this.#waitedFor.add(tab);
    const reason = "The page was closed meanwhile: choose the file again.";
    whenClosed(tab, () => {
      this.#read();
      for (const one of this.all.filter((other) => other.tab === tab && isElsewhere(other)))
        this.change(one, { state: "interrupted", reason });
    });
  }
}

/** Whether a document is being sent, or waits for it. */
export function isGoing({ state }) {
  return state === "waiting" || state === "sending";
}

/** Whether another tab sends it: this one has no file of it. */
export function isElsewhere(document) {
  return isGoing(document) && !document.file;
}

/** Calls `then` when the tab of that name is there no longer; a browser gives a lock free with the page that holds it. */
function whenClosed(tab, then) {
  navigator.locks.request(`ask.tab.${tab}`, then).catch(() => {});
}

function restored(documents) {
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
