// JSON values in the browser's storage. It may be full, forbidden or changed by hand: the page works without it.
//
// Tabs may be different processes, which learn of each other's changes only later. So no value that tabs share is changed
// by reading and writing it: each tab writes values of its own, and a key is removed for good.

const PREFIX = "ask.";
/** Shared by all tabs, and permanent. */
export const BROWSER = "localStorage";
/** Private to one tab, and deleted when it closes. */
export const TAB = "sessionStorage";

export function load(key, fallback, area = BROWSER) {
  try {
    const value = JSON.parse(globalThis[area].getItem(PREFIX + key));
    return value ?? fallback;
  } catch {
    return fallback;
  }
}

/** Returns the values that all tabs share and whose keys start with `prefix`, by the rest of the key. */
export function loadAll(prefix) {
  const start = PREFIX + prefix;
  try {
    const rests = Object.keys(localStorage).flatMap((key) => (key.startsWith(start) ? key.slice(start.length) : []));
    return new Map(rests.map((rest) => [rest, load(prefix + rest, null)]));
  } catch {
    return new Map();
  }
}

/** Returns whether the value was stored. */
export function save(key, value, area = BROWSER) {
  try {
    globalThis[area].setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function remove(key, area = BROWSER) {
  try {
    globalThis[area].removeItem(PREFIX + key);
  } catch {
    // Where storage is forbidden, there is nothing to remove.
  }
}

/** Calls `listener(removed)` whenever another tab has changed or removed a value whose key starts with `prefix`. */
export function onChangeInOtherTab(prefix, listener) {
  addEventListener("storage", (event) => {
    if (event.storageArea === sessionStorage) return;
    if (event.key === null || event.key.startsWith(PREFIX + prefix)) listener(event.newValue === null);
  });
}
