// The documents that were uploaded from this browser, and how each of them gets there exactly once.
//
// A document has one id for good, and its key in either region's bucket follows from it. So an upload may be repeated,
// in another region too, after an outcome that nobody knows: the same key is written, and replication sees one document.

import { contentType, refusal } from "./limits.js";
import { jittered, pause } from "./patience.js";
import { load, save } from "./storage.js";
import { clean } from "./text.js";
import { transfer } from "./transfer.js";

const AT_ONCE = 3;
const ATTEMPTS = 6;
const KEPT = 50;

/** Dispatches "change" when documents come, go or change their state, "progress" while one is sent. */
export class Uploads extends EventTarget {
  limits = null;
  /** Newest first: `{id, name, size, modified, state, reason, part, file, region, key, uploadedAt}`. */
  documents = restored(load("documents", []));

  #service;
  #stops = new Map();
  #sending = 0;

  constructor(service) {
    super();
    this.#service = service;
  }

  /** Takes files in; one that came before, by its name, size and time, stays the document that it was. */
  add(files) {
    for (const file of files) {
      const known = this.documents.find(
        (one) => one.name === clean(file.name) && one.size === file.size && one.modified === file.lastModified,
      );
      if (known && this.#stops.has(known.id)) continue;
      const document = {
        id: known?.id ?? crypto.randomUUID(),
        name: clean(file.name),
        size: file.size,
        modified: file.lastModified,
      };
      const reason = refusal(file, this.limits);
      this.documents = [
        { ...document, file, part: 0, reason, state: reason ? "refused" : "waiting" },
        ...this.documents.filter((one) => one !== known),
      ];
    }
    this.#next();
  }

  retry(document) {
    this.#set(document, { state: "waiting", reason: "", part: 0 });
    this.#next();
  }

  cancel(document) {
    this.#stops.get(document.id)?.abort();
    if (document.state === "waiting") this.forget(document);
  }

  /** Takes a document off the list; it stays where it was uploaded. */
  forget(document) {
    this.documents = this.documents.filter((other) => other !== document);
    this.#changed();
  }

  forgetAll() {
    this.documents = this.documents.filter((document) => document.file && this.#stops.has(document.id));
    this.#changed();
  }

  settle(document, changes) {
    this.#set(document, changes);
  }

  #next() {
    for (const document of this.documents.filter(({ state }) => state === "waiting").reverse()) {
      if (this.#sending >= AT_ONCE) break;
      this.#sending += 1;
      this.#set(document, { state: "sending" });
      this.#send(document).finally(() => {
        this.#sending -= 1;
        this.#next();
      });
    }
    this.#changed();
  }

  async #send(document) {
    const stop = new AbortController();
    this.#stops.set(document.id, stop);
    try {
      this.#set(document, {
        state: "uploaded",
        reason: "",
        part: 1,
        ...(await this.#untilSent(document, stop.signal)),
      });
    } catch (error) {
      const states = { cancelled: "cancelled", refused: "refused" };
      const state = states[error.kind] ?? "interrupted";
      this.#set(document, { state, reason: state === "cancelled" ? "" : error.message });
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
        return { key: body.key, region: regionOf(body.uploadUrl) || api.region, uploadedAt: asked + performance.now() };
      } catch (error) {
        const ranOut = error.code === "AccessDenied" && attempt === 1;
        if (attempt === ATTEMPTS || (!error.speaksAgainstTheApi && !ranOut)) throw error;
        this.#set(document, { part: 0, reason: "Interrupted: it is sent again." });
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

  #set(document, changes) {
    Object.assign(document, changes);
    this.#changed();
  }

  #changed() {
    const kept = this.documents.slice(0, KEPT).map(({ file, part, ...document }) => document);
    save("documents", kept);
    this.dispatchEvent(new Event("change"));
  }
}

/** A document whose file went with the last visit cannot be sent on, but chosen again it is the same document. */
function restored(documents) {
  return (Array.isArray(documents) ? documents : [])
    .filter((one) => typeof one?.id === "string" && typeof one.name === "string" && Number.isFinite(one.size))
    .map((one) => {
      const cut = one.state === "waiting" || one.state === "sending";
      const changes = cut
        ? { state: "interrupted", reason: "The page was closed meanwhile: choose the file again." }
        : {};
      return { ...one, name: clean(one.name), reason: clean(one.reason), part: 0, file: null, ...changes };
    });
}

/** When the presigned POST was made, by the clock that ingestion jobs are timed with; a user's may be wrong. */
function serverTime(fields) {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(fields["x-amz-date"]) ?? [];
  return year ? Date.UTC(year, month - 1, day, hour, minute, second) : Date.now();
}

function regionOf(uploadUrl) {
  return /\.s3\.([a-z0-9-]+)\.amazonaws\.com$/.exec(new URL(uploadUrl).hostname)?.[1] ?? "";
}
