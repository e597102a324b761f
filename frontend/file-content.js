// What a chosen file contains. The browser refuses to read a file that was changed on disk after it was chosen.

import { CallError } from "./http.js";

// Bedrock's own limit for a document (Amazon Bedrock, quotas of Knowledge Bases). limits.json may name a lower one.
const MAX_DIGEST_BYTES = 50 * 1024 * 1024;

/** Returns the SHA-256 digest of a file in hexadecimal; for a larger file, its size. Throws CallError "changed". */
export async function digest(file) {
  if (file.size > MAX_DIGEST_BYTES) return `${file.size}`;
  const content = await read(file);
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Throws CallError "changed" if the file can no longer be read as it was chosen. */
export async function requireUnchanged(file) {
  await read(file.slice(0, 1));
}

async function read(blob) {
  try {
    return await blob.arrayBuffer();
  } catch {
    throw new CallError("changed", "The file was changed, moved or deleted after it was chosen. Choose it again.");
  }
}
