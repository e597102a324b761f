// Text from outside, made fit to be shown.

// Direction overrides and isolates make a text read as another one; the other control characters show as nothing.
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function clean(value) {
  const text = typeof value === "string" ? value : "";
  return text.replace(/\r\n?/g, "\n").replace(HIDDEN, "").toWellFormed();
}

export function shorten(text, length) {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text;
}

/** A document's name: the last part of its address in S3, on one line. */
export function documentName(uri) {
  const last = clean(uri).split("/").pop().replace(/\s+/g, " ").trim();
  return shorten(last, 200) || "Unnamed document";
}

export function sizeText(bytes) {
  if (bytes < 1000) return plural(bytes, "byte");
  const units = ["KB", "MB", "GB"];
  let value = bytes / 1024;
  while (value >= 1000 && units.length > 1) {
    value /= 1024;
    units.shift();
  }
  return `${value < 10 ? Math.round(value * 10) / 10 : Math.round(value)} ${units[0]}`;
}

export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** A time of day, or "" for what is no time. */
export function timeText(milliseconds) {
  if (Number.isNaN(new Date(milliseconds).valueOf())) return "";
  return new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" }).format(milliseconds);
}
