// The documents that were uploaded from this browser, and how each of them gets there exactly once.
//
// A document has one id for good, and its key in either region's bucket follows from it. So an upload may be repeated,
// in another region too, after an outcome that nobody knows: the same key is written, and replication sees one document.

import { DocumentList, isElsewhere, isGoing } from "./documents.js";
import { contentType, refusal } from "./limits.js";
import { jittered, pause } from "./rate-limit.js";
import { clean } from "./text.js";
import { transfer } from "./s3-upload.js";

const AT_ONCE = 3;
const ATTEMPTS = 6;
// For so long S3's answer may be on its way: a job that began meanwhile has read the document.
const ANSWER_MS = 200;

/** Dispatches "change" when documents come, go or change their state, "progress" while one is sent. */
export class Uploads extends EventTarget {
  limits = null;

  #service;
  #list = new DocumentList();
  #stops = new Map();
  #sending = 0;

  constructor(service) {
    super();
    this.#service = service;
    this.#list.addEventListener("change", () => this.dispatchEvent(new Event("change")));
  }

  /** The list's documents, newest first. */
  get documents() {
    return this.#list.all;
  }

  /** Takes files in; one that came before stays the document that it was. */
  add(files) {
    for (const file of files) {
      const known = this.#list.find(file);
      if (known && (this.#stops.has(known.id) || isElsewhere(known))) continue;
      const reason = refusal(file, this.limits);
      this.#list.add({
        id: known?.id ?? crypto.randomUUID(),
        name: clean(file.name),
        size: file.size,
        modified: file.lastModified,
        file,
        part: 0,
        reason,
        state: reason ? "refused" : "waiting",
      });
    }
    this.#next();
  }

  retry(document) {
    this.settle(document, { state: "waiting", reason: "", part: 0 });
    this.#next();
  }

  cancel(document) {
    this.#stops.get(document.id)?.abort();
    if (document.state === "waiting") this.forget(document);
  }

  /** Takes a document off the list; it stays where it was uploaded. */
  forget(document) {
    this.#list.remove(({ id }) => id === document.id);
  }

  /** Takes every document off the list that is not on its way to S3. */
  forgetAll() {
    this.#list.remove((document) => !isGoing(document));
  }

  settle(document, changes) {
    this.#list.change(document, changes);
  }

  #next() {
    for (const document of this.documents.filter(({ state, file }) => state === "waiting" && file).reverse()) {
      if (this.#sending >= AT_ONCE) break;
      this.#sending += 1;
      this.settle(document, { state: "sending" });
      this.#send(document).finally(() => {
        this.#sending -= 1;
        this.#next();
      });
    }
  }

  async #send(document) {
    const stop = new AbortController();
    this.#stops.set(document.id, stop);
    try {
      this.settle(document, {
        state: "uploaded",
        reason: "",
        part: 1,
        ...(await this.#untilSent(document, stop.signal)),
      });
    } catch (error) {
      const states = { cancelled: "cancelled", refused: "refused" };
      const state = states[error.kind] ?? "interrupted";
      this.settle(document, { state, reason: state === "cancelled" ? "" : error.message });
    } finally {
      this.#stops.delete(document.id);
    }
  }

  async #untilSent(document, signal) {
    let elsewhere = false;
    for (let attempt = 1; ; attempt += 1) {
      const { body, api } = await this.#presigned(document, elsewhere, signal);
      const asked = serverTime(body.fields) - performance.now();
      try {
        await this.#transfer(document, { body, api }, signal);
        const uploadedAt = asked + performance.now() - ANSWER_MS;
        return { key: body.key, region: regionOf(body.uploadUrl) || api.region, uploadedAt };
      } catch (error) {
        const ranOut = error.code === "AccessDenied" && attempt === 1;
        if (attempt === ATTEMPTS || (!error.speaksAgainstTheApi && !ranOut)) throw error;
        this.settle(document, { part: 0, reason: "Interrupted: it is sent again." });
        // The API is well, and yet its bucket failed twice: the other region's may take the file.
        elsewhere = (await this.#service.stillGood(api, signal)) && attempt >= 2 && !elsewhere;
        if (!elsewhere) await pause(jittered(500 * attempt), signal);
      }
    }
  }

  #presigned({ id, name, size, file }, elsewhere, signal) {
    const json = { fileName: name, fileType: contentType(file, this.limits), fileSize: size, uploadId: id };
    return elsewhere
      ? this.#service.callOther("upload", { json, signal })
      : this.#service.call("upload", { json, signal });
  }

  #transfer(document, { body, api }, signal) {
    const send = (given, touch) => {
      const onProgress = (part) => {
        touch();
        document.part = part;
        this.dispatchEvent(new CustomEvent("progress", { detail: document }));
      };
      return transfer(body, document.file, { signal: given, onProgress });
    };
    return this.#service.watch(api, send, signal);
  }
}

/**
 * When the presigned POST was made, at the latest, by the clock that ingestion jobs are timed with: a job that began before
 * the upload must not be taken for one that has read it. It has whole seconds; within the second the browser's clock is
 * believed, which may be wrong, so not beyond it.
 */
function serverTime(fields) {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(fields["x-amz-date"]) ?? [];
  const [now, made] = [Date.now(), Date.UTC(year, month - 1, day, hour, minute, second)];
  return now < made || now > made + 1000 ? made + 1000 : now;
}

function regionOf(uploadUrl) {
  return /\.s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(new URL(uploadUrl).hostname)?.[1] ?? "";
}
