// What the browser keeps for this page. It may be full, forbidden or tampered with: the page works without it.

const PREFIX = "ask.";
/** For all tabs and for good; and for this tab alone, as long as it is open. */
export const BROWSER = "localStorage";
export const TAB = "sessionStorage";

export function load(key, fallback, where = BROWSER) {
  try {
    const value = JSON.parse(globalThis[where].getItem(PREFIX + key));
    return value ?? fallback;
  } catch {
    return fallback;
  }
}

export function save(key, value, where = BROWSER) {
  try {
    globalThis[where].setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function remove(key) {
  try {
    localStorage.removeItem(PREFIX + key);
  } catch {
    // What may not be kept is not there.
  }
}

/** Calls `listener(removed)` whenever another tab has kept something else under `key`, or removed it. */
export function followOtherTabs(key, listener) {
  addEventListener("storage", (event) => {
    if (event.storageArea === sessionStorage) return;
    if (event.key === PREFIX + key || event.key === null) listener(event.newValue === null);
  });
}
