// The files of unfinished uploads, kept in the browser's database while the user signs in on another page.

import { isInProgress } from "./documents.js";

const DATABASE = "ask.kept-files";
const STORE = "files";
// A user who does not come back within an hour has left, and the files are deleted at the next visit.
const KEPT_MS = 3_600_000;

/** Stores the files under `key`. Where the browser has no database, they are lost, and their documents say so. */
export async function storeFiles(key, uploads) {
  const files = uploads.documents.filter(isUnfinished).map(({ id, file }) => [id, file]);
  if (files.length > 0) await withStore((store) => store.put({ at: Date.now(), files }, key));
}

/** Goes on with the uploads whose files are stored under `key`, and deletes these files and those of old keys. */
export async function restoreFiles(key, uploads) {
  let files = new Map();
  await withStore((store) => {
    store.openCursor().onsuccess = ({ target: { result: cursor } }) => {
      if (!cursor) return;
      if (cursor.key === key) files = new Map(cursor.value.files);
      if (cursor.key === key || cursor.value.at < Date.now() - KEPT_MS) cursor.delete();
      cursor.continue();
    };
  });
  for (const document of [...uploads.documents].reverse())
    if (files.has(document.id)) uploads.resume(document, files.get(document.id));
}

function isUnfinished(document) {
  return document.file && !document.changed && (isInProgress(document) || document.state === "interrupted");
}

/** Runs `task(store)` in a transaction, and resolves when that has ended in any way. */
function withStore(task) {
  return new Promise((resolve) => {
    const opened = indexedDB.open(DATABASE);
    opened.onupgradeneeded = () => opened.result.createObjectStore(STORE);
    opened.onerror = resolve;
    opened.onsuccess = () => {
      const transaction = opened.result.transaction(STORE, "readwrite");
      transaction.oncomplete = transaction.onabort = () => {
        opened.result.close();
        resolve();
      };
      task(transaction.objectStore(STORE));
    };
  });
}
