// What the browser keeps for this page. It may be full, forbidden or tampered with: the page works without it.

const PREFIX = "ask.";

export function load(key, fallback) {
  try {
    const value = JSON.parse(localStorage.getItem(PREFIX + key));
    return value ?? fallback;
  } catch {
    return fallback;
  }
}

export function save(key, value) {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}
