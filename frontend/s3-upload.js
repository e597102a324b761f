// One file to S3, by a presigned POST. XMLHttpRequest, because fetch does not tell how much of a body has been sent.

import { CallError, cancelled } from "./http.js";

/** Sends the form; `onProgress(part)` gets 0 to 1. Throws CallError: "silent", "broken", "refused" or "cancelled". */
export function transfer({ uploadUrl, fields }, file, { signal, onProgress }) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  // S3 ignores what comes after the file.
  form.append("file", file);
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("POST", uploadUrl);
    sending.upload.onprogress = ({ loaded, total }) => onProgress(total > 0 ? loaded / total : 0);
    sending.onload = () => (sending.status < 300 ? resolve() : reject(failure(sending)));
    sending.onerror = () => reject(new CallError("silent", "The upload was interrupted."));
    sending.onabort = () => reject(cancelled());
    signal.addEventListener("abort", () => sending.abort(), { once: true });
    if (signal.aborted) reject(cancelled());
    else sending.send(form);
  });
}

const REASONS = {
  EntityTooLarge: "The file is larger than what is taken.",
  EntityTooSmall: "The file is empty.",
  AccessDenied: "The permission to upload was refused or had run out.",
};

function failure({ status, responseText }) {
  const code = /<Code>(\w+)<\/Code>/.exec(responseText)?.[1] ?? "";
  const kind = status >= 500 || code === "RequestTimeout" || code === "SlowDown" ? "broken" : "refused";
  return new CallError(kind, REASONS[code] ?? "The storage refused the file.", { status, code });
}
