// Uploads one file to S3 with a presigned POST. XMLHttpRequest, because fetch does not report upload progress.

import { canceledError, CallError } from "./http.js";

/** Sends the form; `onProgress(part)` gets 0 to 1. Throws CallError. */
export function uploadToS3({ uploadUrl, fields }, file, { signal, onProgress }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // The file comes last, because S3 ignores every field after it.
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const upload = new XMLHttpRequest();
    upload.open("POST", uploadUrl);
    upload.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    upload.onload = () => (upload.status < 300 ? resolve() : reject(responseError(upload)));
    upload.onerror = () => reject(new CallError("unreachable", INTERRUPTED));
    upload.onabort = () => reject(canceledError());
    signal.addEventListener("abort", () => upload.abort(), { once: true });
    if (signal.aborted) reject(canceledError());
    else upload.send(form);
  });
}

const INTERRUPTED = "The upload was interrupted. Check your connection, then upload the file again.";
const MESSAGES = {
  EntityTooLarge: "The file is larger than the limit.",
  EntityTooSmall: "The file is empty.",
  AccessDenied: "The permission to upload has expired or was refused. Upload the file again.",
};

function responseError({ status, responseText }) {
  const code = /<Code>(\w+)<\/Code>/.exec(responseText)?.[1] ?? "";
  const isServerError = status >= 500 || code === "RequestTimeout" || code === "SlowDown";
  const fallback = isServerError
    ? "The storage does not work at the moment. Wait a minute, then upload the file again."
    : "The storage did not accept the file.";
  const message = MESSAGES[code] ?? fallback;
  return new CallError(isServerError ? "server-error" : "rejected", message, { status, code });
}
