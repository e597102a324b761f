// The upload limits from limits.json, checked before an upload. The API and S3 enforce them.

import { fetchText } from "./http.js";
import { formatSize } from "./text.js";

const READ_SECONDS = 5;

/**
 * Returns `{maxUploadBytes, uploadTypes, access}`, or null. `uploadTypes` maps ".pdf" to its content type; `access` is the
 * path of the settings for sign-in, undefined where users do not sign in.
 */
export async function readLimits() {
  try {
    const { ok, text } = await fetchText("limits.json", {}, { seconds: READ_SECONDS });
    const { maxUploadBytes, uploadTypes, access } = JSON.parse(text);
    const types = Object.entries(uploadTypes).filter(([, type]) => typeof type === "string");
    return ok && maxUploadBytes > 0 && types.length > 0 ? { maxUploadBytes, uploadTypes: new Map(types), access } : null;
  } catch {
    return null;
  }
}

export function describeLimits(limits) {
  if (!limits) return "The upload limits could not be read. Each file is checked when you upload it.";
  const types = [...limits.uploadTypes.keys()].map((extension) => extension.slice(1).toUpperCase());
  return `${types.slice(0, -1).join(", ")} and ${types.at(-1)}, up to ${formatSize(limits.maxUploadBytes)} each.`;
}

/** Returns why the file would be rejected, or "". */
export function findViolation(file, limits) {
  if (file.size === 0) return "The file is empty.";
  if (!limits) return "";
  if (!limits.uploadTypes.has(extensionOf(file.name)))
    return `Files of this type are not accepted. Accepted: ${describeLimits(limits)}`;
  if (file.size <= limits.maxUploadBytes) return "";
  return `The file is too large (${formatSize(file.size)}). The limit is ${formatSize(limits.maxUploadBytes)}.`;
}

/** Returns the API's content type for the file's extension. The browser's often differs. */
export function contentType(file, limits) {
  return limits?.uploadTypes.get(extensionOf(file.name)) || file.type || "application/octet-stream";
}

function extensionOf(name) {
  return name.slice(name.lastIndexOf(".")).toLowerCase();
}
