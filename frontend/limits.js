// What may be uploaded, from limits.json, so that people know before they try. The API and S3 have the last word.

import { receive } from "./http.js";
import { sizeText } from "./text.js";

const SECONDS = 5;

/** Reads limits.json: `{maxUploadBytes, uploadTypes: {".pdf": "application/pdf"}}`; null where there is none. */
export async function readLimits() {
  try {
    const { ok, text } = await receive("limits.json", {}, { seconds: SECONDS });
    const { maxUploadBytes, uploadTypes } = JSON.parse(text);
    const types = Object.entries(uploadTypes).filter(([, type]) => typeof type === "string");
    return ok && maxUploadBytes > 0 && types.length > 0 ? { maxUploadBytes, uploadTypes: new Map(types) } : null;
  } catch {
    return null;
  }
}

export function limitsText(limits) {
  if (!limits) return "Which files are taken could not be read: each one is checked when it is uploaded.";
  const types = [...limits.uploadTypes.keys()].map((extension) => extension.slice(1).toUpperCase());
  return `${types.slice(0, -1).join(", ")} and ${types.at(-1)}, up to ${sizeText(limits.maxUploadBytes)} each.`;
}

/** Why this file would be refused, or "". */
export function refusal(file, limits) {
  if (file.size === 0) return "The file is empty.";
  if (!limits) return "";
  if (!limits.uploadTypes.has(extensionOf(file.name)))
    return `Files of this type are not taken. Taken are ${limitsText(limits)}`;
  if (file.size <= limits.maxUploadBytes) return "";
  return `The file has ${sizeText(file.size)}, the largest that is taken has ${sizeText(limits.maxUploadBytes)}.`;
}

/** The content type that the API expects for a file's name; browsers often know none, or another one. */
export function contentType(file, limits) {
  return limits?.uploadTypes.get(extensionOf(file.name)) || file.type || "application/octet-stream";
}

function extensionOf(name) {
  return name.slice(name.lastIndexOf(".")).toLowerCase();
}
