// Text from outside, made safe to show, and text for people.

// Direction overrides and isolates make a text look like another one; other control characters are invisible.
const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text without invisible characters; "" for a value that is not a string. */
export function clean(value) {
  const text = typeof value === "string" ? value : "";
  return text.replace(/\r\n?/g, "\n").replace(INVISIBLE, "").toWellFormed();
}

export function truncate(text, length) {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}

/** A document's name: the last part of its S3 URI, on one line. */
export function documentName(uri) {
  const last = clean(uri).split("/").pop().replace(/\s+/g, " ").trim();
  return truncate(last, 200) || "Unnamed document";
}

export function formatSize(bytes) {
  if (bytes < 1000) return pluralize(bytes, "byte");
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1024;
  while (value >= 1000 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[0]}`;
}

export function pluralize(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** The time of day, or "" if the number is not a valid time. */
export function formatTime(milliseconds) {
  if (Number.isNaN(new Date(milliseconds).valueOf())) return "";
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(milliseconds);
}
