// The documents as they are seen: what may be uploaded, what is on its way, and what became of it.

import { isElsewhere, isGoing } from "./documents.js";
import { announce, button, byId, h, name } from "./dom.js";
import { onItsWay } from "./ingestion.js";
import { limitsText } from "./limits.js";
import { clean, plural, sizeText, timeText } from "./text.js";

const LABELS = {
  waiting: "Waiting",
  sending: "Uploading",
  uploaded: "Uploaded",
  ingesting: "Being ingested",
  ready: "Ready",
  failed: "Failed",
  refused: "Not taken",
  interrupted: "Interrupted",
  cancelled: "Cancelled",
};
const SAID = new Set(["uploaded", "ready", "failed", "refused", "interrupted", "cancelled"]);

export class Panel {
  #uploads;
  #ingestion;
  #rows = new Map();

  constructor(uploads, ingestion) {
    this.#uploads = uploads;
    this.#ingestion = ingestion;
    const files = byId("files");
    byId("choose").addEventListener("click", () => files.click());
    files.addEventListener("change", () => {
      uploads.add(files.files);
      files.value = "";
    });
    byId("refresh").addEventListener("click", () => ingestion.ask());
    uploads.addEventListener("change", () => this.#show());
    uploads.addEventListener("progress", ({ detail }) => this.#progress(detail));
    ingestion.addEventListener("change", () => this.#summarise());
    acceptDrops(uploads);
    this.#show();
  }

  showLimits() {
    const { limits } = this.#uploads;
    byId("limits").textContent = limitsText(limits);
    if (limits) byId("files").accept = [...limits.uploadTypes.keys()].join(",");
  }

  #show() {
    const { documents } = this.#uploads;
    const rows = new Map(documents.map((one) => [one.id, this.#row(one)]));
    const list = byId("list");
    const held = this.#holder();
    if ([...rows.values()].some((row, index) => list.children[index] !== row) || list.childElementCount !== rows.size)
      list.replaceChildren(...rows.values());
    this.#rows = rows;
    // Whoever was on a button of a row that has changed stays there, or goes on from where documents are chosen.
    if (held && document.activeElement === document.body)
      (rows.get(held)?.querySelector("button") ?? byId("choose")).focus();
    byId("refresh").hidden = !documents.some(onItsWay);
    const open = documents.filter(({ state }) => state !== "ready").length;
    byId("count").textContent = open > 0 ? ` (${open})` : "";
  }

  #holder() {
    return [...this.#rows].find(([, row]) => row.contains(document.activeElement))?.[0];
  }

  /** A row is made anew only when its state has changed, so that a focused button stays where it is. */
  #row(document) {
    const known = this.#rows.get(document.id);
    const shown = `${document.state} ${document.reason}`;
    if (known?.dataset.shown === shown && known.document === document) return known;
    if (SAID.has(document.state) && (known || document.file))
      announce(`${document.name}: ${LABELS[document.state]}. ${document.reason}`);
    const row = h(
      "li",
      { className: document.state },
      h("div", { className: "row" }, name(document.name), h("span", { className: "size" }, sizeText(document.size))),
      document.state === "sending" && document.file
        ? h("progress", { max: 1, value: document.part, ariaLabel: `Upload of ${document.name}` })
        : null,
      h(
        "div",
        { className: "row" },
        h("span", { className: "state" }, isElsewhere(document) ? "Uploading in another tab" : LABELS[document.state]),
        h("span", { className: "actions" }, this.#actions(document)),
      ),
      document.reason ? h("p", { className: "reason", dir: "auto" }, document.reason) : null,
    );
    row.dataset.shown = shown;
    row.document = document;
    return row;
  }

  #actions(document) {
    const { state, file } = document;
    const labelled = (label, act) => button(label, act, { ariaLabel: `${label}: ${document.name}` });
    if (isElsewhere(document)) return [];
    if (isGoing(document)) return labelled("Cancel", () => this.#uploads.cancel(document));
    const again =
      file && ["interrupted", "cancelled"].includes(state)
        ? labelled("Upload again", () => this.#uploads.retry(document))
        : null;
    return [again, onItsWay(document) ? null : labelled("Remove", () => this.#uploads.forget(document))];
  }

  #progress(document) {
    const bar = this.#rows.get(document.id)?.querySelector("progress");
    if (bar) bar.value = document.part;
  }

  #summarise() {
    const { last, failure } = this.#ingestion;
    const job = last?.jobs[0];
    const figures = job?.statistics ?? {};
    const failed = figures.numberOfDocumentsFailed > 0 ? `, ${figures.numberOfDocumentsFailed} failed` : "";
    const read = plural(figures.numberOfDocumentsScanned ?? 0, "document");
    const how = job && `${timeText(Date.parse(job.startedAt))}, ${clean(job.status).toLowerCase().replace("_", " ")}`;
    const told = job && `Last ingestion in ${last.region}: ${how}, ${read} read${failed}.`;
    byId("job").textContent = failure || told || "";
  }
}

/** Files may be dropped anywhere on the page; what is no file is left alone. */
function acceptDrops(uploads) {
  const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
  const mark = (on) => document.body.classList.toggle("dropping", on);
  addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(true);
  });
  addEventListener("dragleave", (event) => event.relatedTarget === null && mark(false));
  addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    mark(false);
    uploads.add(event.dataTransfer.files);
  });
}
