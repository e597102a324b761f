// JSON values in the browser's storage. It may be full, forbidden or changed by hand: the page works without it.

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

/** Calls `listener(removed)` whenever another tab has changed or removed the value of `key`. */
export function onChangeInOtherTab(key, listener) {
  addEventListener("storage", (event) => {
    if (event.storageArea === sessionStorage) return;
    if (event.key === PREFIX + key || event.key === null) listener(event.newValue === null);
  });
}
