// Shows the documents: the upload limits, uploads in progress, and the state of each document.

import { isInOtherTab, isInProgress, isUploaded } from "./documents.js";
import { announce, button, byId, h, name } from "./dom.js";
import { isPending } from "./ingestion.js";
import { describeLimits } from "./limits.js";
import { documentId } from "./server-documents.js";
import { clean, formatSize, formatTime, pluralize } from "./text.js";

const LABELS = {
  waiting: "Waiting",
  uploading: "Uploading",
  uploaded: "Uploaded",
  ingesting: "Processing",
  ready: "Ready",
  failed: "Failed",
  rejected: "Not accepted",
  interrupted: "Interrupted",
  canceled: "Canceled",
};
const ANNOUNCED = new Set(["uploaded", "ready", "failed", "rejected", "interrupted", "canceled"]);

export class DocumentsView {
  #uploads;
  #ingestion;
  #serverDocuments;
  #rows = new Map();
  /** The id of the document that the next click deletes. */
  #asked = "";

  constructor(uploads, ingestion, serverDocuments) {
    this.#uploads = uploads;
    this.#ingestion = ingestion;
    this.#serverDocuments = serverDocuments;
    const files = byId("files");
    byId("choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      uploads.add(files.files);
      files.value = "";
    });
    byId("refresh").addEventListener("click", () => ingestion.refresh());
    uploads.addEventListener("change", () => this.#show());
    uploads.addEventListener("limits", () => this.#showLimits());
    uploads.addEventListener("progress", ({ detail }) => this.#showProgress(detail));
    ingestion.addEventListener("change", () => this.#summarize());
    acceptDrops(uploads);
    this.#show();
  }

  #showLimits() {
    const { limits } = this.#uploads;
    byId("limits").textContent = describeLimits(limits);
    if (limits) byId("files").accept = [...limits.uploadTypes.keys()].join(",");
  }

  #show() {
    const { documents } = this.#uploads;
    const rows = new Map(documents.map((one) => [one.id, this.#row(one)]));
    const list = byId("list");
    const focusedId = this.#focusedId();
    if ([...rows.values()].some((row, index) => list.children[index] !== row) || list.childElementCount !== rows.size)
      list.replaceChildren(...rows.values());
    this.#rows = rows;
    // If the focused button went with its row, the focus moves to the new row, or to "Upload documents".
    if (focusedId && document.activeElement === document.body)
      (rows.get(focusedId)?.querySelector("button") ?? byId("choose")).focus();
    byId("refresh").hidden = !documents.some(isPending);
    byId("count").textContent = documents.length > 0 ? ` (${documents.length})` : "";
  }

  #focusedId() {
    return [...this.#rows].find(([, row]) => row.contains(document.activeElement))?.[0];
  }

  /** Returns a document's row: the same element while its state is the same, so that a focused button stays. */
  #row(document) {
    const known = this.#rows.get(document.id);
    const shown = `${document.state} ${document.reason} ${this.#asked === document.id}`;
    if (known?.dataset.shown === shown && known.document === document) return known;
    if (ANNOUNCED.has(document.state) && (known || document.file))
      announce(`${document.name}: ${LABELS[document.state]}. ${document.reason}`);
    const row = h(
      "li",
      { className: document.state },
      h("div", { className: "row" }, name(document.name), h("span", { className: "size" }, formatSize(document.size))),
      document.state === "uploading" && document.file
        ? h("progress", { max: 1, value: document.part, ariaLabel: `Upload of ${document.name}` })
        : null,
      h(
        "div",
        { className: "row" },
        h("span", { className: "state" }, isInOtherTab(document) ? "Uploading in another tab" : LABELS[document.state]),
        h("span", { className: "actions" }, this.#actions(document)),
      ),
      document.reason ? h("p", { className: "reason", dir: "auto" }, document.reason) : null,
    );
    row.dataset.shown = shown;
    row.document = document;
    return row;
  }

  #actions(document) {
    const { state, file, changed } = document;
    const action = (label, onclick) => button(label, onclick, { ariaLabel: `${label}: ${document.name}` });
    if (isInOtherTab(document)) return [];
    if (isInProgress(document)) return action("Cancel", () => this.#uploads.cancel(document));
    const again =
      file && !changed && ["interrupted", "canceled"].includes(state)
        ? action("Upload again", () => this.#uploads.retry(document))
        : null;
    if (this.#asked === document.id)
      return [
        action("Delete for everyone", () => this.#delete(document)),
        action("Keep", () => this.#ask(null)),
      ];
    if (isStored(document)) return [again, action("Delete", () => this.#ask(document))];
    return [again, action("Hide", () => this.#uploads.remove(document))];
  }

  #ask(document) {
    this.#asked = document?.id ?? "";
    this.#show();
    if (document) announce(`Delete ${document.name} for everyone?`);
  }

  async #delete(document) {
    this.#asked = "";
    const error = await this.#serverDocuments.delete(documentId(document.key));
    if (error) this.#uploads.update(document, { reason: error });
    else this.#uploads.remove(document);
    announce(`${document.name}: ${error || "deleted."}`);
  }

  #showProgress(document) {
    const bar = this.#rows.get(document.id)?.querySelector("progress");
    if (bar) bar.value = document.part;
  }

  #summarize() {
    const { status, error } = this.#ingestion;
    const job = status?.jobs[0];
    const { numberOfDocumentsScanned: scanned, numberOfDocumentsFailed: failed } = job?.statistics ?? {};
    const failures = failed > 0 ? `, ${failed} failed` : "";
    const when =
      job && `${formatTime(Date.parse(job.startedAt))}, ${clean(job.status).toLowerCase().replace("_", " ")}`;
    const summary = `${pluralize(scanned ?? 0, "document")} scanned${failures}`;
    byId("job").textContent = job ? `${when}, ${summary}` : "none";
    byId("documents-error").textContent = error;
  }
}

/** Whether the service has the document, so that it must be deleted there. */
function isStored(document) {
  return (isUploaded(document) || document.state === "failed") && Boolean(documentId(document.key));
}

/** Accepts files that are dropped anywhere on the page; ignores everything else that is dragged. */
function acceptDrops(uploads) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const highlight = (on) => document.body.classList.toggle("drag-over", on);
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    highlight(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && highlight(false));
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    highlight(false);
    uploads.add(event.dataTransfer.files);
  });
}
