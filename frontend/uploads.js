// Uploads documents, each exactly once.
//
// A document has one permanent id, and its S3 key in both regions follows from it. An upload whose outcome is unknown
// may be repeated, in the other region too: it writes the same key, and replication sees one document.

import { DocumentList, isInProgress, isUploaded } from "./documents.js";
import { explainUpload } from "./errors.js";
import { digest, requireUnchanged } from "./file-content.js";
import { contentType, findViolation, readLimits } from "./limits.js";
import { uploadToS3 } from "./s3-upload.js";
import { clean } from "./text.js";
import { jitter, pause } from "./wait.js";

const CONCURRENT_UPLOADS = 3;
const MAX_ATTEMPTS = 6;
const BEFORE = "This file was uploaded before. To upload it again, remove it first.";
// S3's response may take this long to arrive. An ingestion job that started in that time has read the document.
const RESPONSE_MS = 200;

/** Dispatches "change" when documents are added, removed or updated, and "progress" while one is sent. */
export class Uploads extends EventTarget {
  limits = null;

  #router;
  #list = new DocumentList();
  #aborts = new Map();
  #active = 0;

  constructor(router) {
    super();
    this.#router = router;
    this.#list.addEventListener("change", () => this.dispatchEvent(new Event("change")));
  }

  /** The list's documents, newest first. */
  get documents() {
    return this.#list.documents;
  }

  /** Reads the limits. Dispatches "limits" also if they could not be read. */
  async readLimits() {
    this.limits = await readLimits();
    this.dispatchEvent(new Event("limits"));
  }

  /** Adds files, after another read of limits that are not known. The same file again is the same document. */
  async add(chosen) {
    // A file input empties its list.
    const files = [...chosen];
    if (!this.limits) await this.readLimits();
    for (const file of files) await this.#add(file);
    this.#startNext();
  }

  async #add(file) {
    let reason = findViolation(file, this.limits);
    let state = reason ? "rejected" : "waiting";
    // What is not sent is not read either.
    let content = `${file.size} ${file.lastModified}`;
    try {
      if (!reason) content = await digest(file);
    } catch (error) {
      [state, reason] = ["interrupted", error.message];
    }
    const known = this.#list.find(file.name, content);
    if (known && (isInProgress(known) || this.#aborts.has(known.id))) return;
    if (known && isUploaded(known)) this.#list.add({ ...known, reason: BEFORE });
    else
      this.#list.add({
        id: known?.id ?? crypto.randomUUID(),
        name: clean(file.name),
        size: file.size,
        digest: content,
        file,
        changed: state === "interrupted",
        part: 0,
        reason,
        state,
      });
  }

  retry(document) {
    this.update(document, { state: "waiting", reason: "", part: 0 });
    this.#startNext();
  }

  /** Goes on with an upload whose file was kept while the user signed in on another page. */
  resume(document, file) {
    this.#list.add({ ...document, file, changed: false, state: "waiting", reason: "", part: 0 });
    this.#startNext();
  }

  cancel(document) {
    this.#aborts.get(document.id)?.abort();
    if (document.state === "waiting") this.remove(document);
  }

  /** Removes a document from the list, not from S3. */
  remove(document) {
    this.#list.remove(({ id }) => id === document.id);
  }

  /** Removes every document from the list, except uploads in progress. */
  clear() {
    this.#list.remove((document) => !isInProgress(document));
  }

  update(document, changes) {
    this.#list.update(document, changes);
  }

  #startNext() {
    for (const document of this.documents.filter(({ state, file }) => state === "waiting" && file).reverse()) {
      if (this.#active >= CONCURRENT_UPLOADS) break;
      this.#active += 1;
      this.update(document, { state: "uploading" });
      this.#upload(document).finally(() => {
        this.#active -= 1;
        this.#startNext();
      });
    }
  }

  async #upload(document) {
    const abort = new AbortController();
    this.#aborts.set(document.id, abort);
    try {
      this.update(document, {
        state: "uploaded",
        reason: "",
        part: 1,
        ...(await this.#uploadWithRetries(document, abort.signal)),
      });
    } catch (error) {
      // 401, 403 and 404 say nothing about the file: it may be sent again.
      const isFinal = error.kind === "canceled" || (error.kind === "rejected" && ![401, 403, 404].includes(error.status));
      const state = isFinal ? error.kind : "interrupted";
      const changed = error.kind === "changed";
      const needsSignIn = error.kind === "signed-out";
      this.update(document, { state, changed, needsSignIn, reason: state === "canceled" ? "" : error.message });
    } finally {
      this.#aborts.delete(document.id);
    }
  }

  async #uploadWithRetries(document, signal) {
    let otherRegion = false;
    for (let attempt = 1; ; attempt += 1) {
      const { body, api } = await this.#presign(document, otherRegion, signal);
      const clockOffset = signingTime(body.fields) - performance.now();
      try {
        await this.#send(document, { body, api }, signal);
        const uploadedAt = clockOffset + performance.now() - RESPONSE_MS;
        return { key: body.key, region: regionOf(body.uploadUrl) || api.region, uploadedAt };
      } catch (error) {
        await requireUnchanged(document.file);
        const expired = error.code === "AccessDenied" && attempt === 1;
        if (attempt === MAX_ATTEMPTS || (!error.isApiFailure && !expired)) throw error;
        this.update(document, { part: 0, reason: "Interrupted. Sending again." });
        // The API is healthy but its bucket has failed twice: try the other region's bucket.
        otherRegion = (await this.#router.confirmHealthy(api, signal)) && attempt >= 2 && !otherRegion;
        if (!otherRegion) await pause(jitter(500 * attempt), signal);
      }
    }
  }

  #presign({ id, name, size, file }, otherRegion, signal) {
    const json = { fileName: name, fileType: contentType(file, this.limits), fileSize: size, uploadId: id };
    const answer = otherRegion
      ? this.#router.callOtherRegion("upload", { json, signal })
      : this.#router.call("upload", { json, signal });
    return answer.catch((error) => {
      error.message = explainUpload(error);
      throw error;
    });
  }

  #send(document, { body, api }, signal) {
    const send = (taskSignal, onProgress) =>
      uploadToS3(body, document.file, {
        signal: taskSignal,
        onProgress: (part) => {
          onProgress();
          document.part = part;
          this.dispatchEvent(new CustomEvent("progress", { detail: document }));
        },
      });
    return this.#router.runUpload(api, send, signal);
  }
}

/**
 * Returns the latest time at which the presigned POST was signed. It is AWS's time, like the times of ingestion jobs: a
 * job that started before the upload must not count as one that has read it. The signature has whole seconds. The
 * browser's clock, which may be wrong, decides only within that second.
 */
function signingTime(fields) {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(fields["x-amz-date"]) ?? [];
  const [now, signed] = [Date.now(), Date.UTC(year, month - 1, day, hour, minute, second)];
  return now < signed || now > signed + 1000 ? signed + 1000 : now;
}

function regionOf(uploadUrl) {
  return /\.s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(new URL(uploadUrl).hostname)?.[1] ?? "";
}
