// Shows the documents that the service has, and suggests first questions from their names.

import { announce, button, byId, h, name } from "./dom.js";
import { documentId } from "./server-documents.js";
import { clean, formatSize, truncate } from "./text.js";

const LABELS = { processing: "Processing", ready: "Ready", failed: "Failed" };
const SUGGESTIONS = 3;
const MAX_SUGGESTED_CHARACTERS = 60;

export class ServerDocumentsView {
  #documents;
  #uploads;
  /** The id of the document that the next click deletes. */
  #asked = "";
  #errors = new Map();

  constructor(documents, uploads) {
    this.#documents = documents;
    this.#uploads = uploads;
    documents.addEventListener("change", () => this.#show());
    uploads.addEventListener("change", () => this.#show());
    byId("all-refresh").addEventListener("click", () => documents.refresh());
    byId("all-more").addEventListener("click", () => documents.showMore());
    addEventListener("open-document", ({ detail, target }) => this.#open(detail, target));
  }

  #show() {
    const own = new Set(this.#uploads.documents.map(({ key }) => documentId(key)).filter(Boolean));
    const others = this.#documents.documents.filter(({ id }) => !own.has(id));
    const list = byId("all");
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.action : "";
    list.replaceChildren(...others.map((one) => this.#row(one)));
    if (focused) (list.querySelector(`[data-action="${CSS.escape(focused)}"]`) ?? byId("all-refresh")).focus();
    byId("all-more").hidden = this.#documents.isComplete;
    byId("all-error").textContent = this.#documents.error;
    byId("all-none").hidden = others.length > 0 || Boolean(this.#documents.error) || !this.#documents.region;
    this.#suggest();
  }

  #row(one) {
    const { id, state, reason } = one;
    const shown = this.#errors.get(id) || reason;
    return h(
      "li",
      { className: state },
      h("div", { className: "row" }, name(one.name), h("span", { className: "size" }, formatSize(one.size))),
      h(
        "div",
        { className: "row" },
        h("span", { className: "state" }, LABELS[state] ?? "State unknown"),
        h("span", { className: "actions" }, this.#asked === id ? this.#confirmation(one) : this.#actions(one)),
      ),
      shown ? h("p", { className: "reason", dir: "auto" }, shown) : null,
    );
  }

  #actions(one) {
    const open = this.#button(one, "Open", (event) => this.#open(one.id, event.target));
    return [open, this.#button(one, "Delete", () => this.#ask(one))];
  }

  #confirmation(one) {
    const keep = this.#button(one, "Keep", () => this.#ask(null));
    return [this.#button(one, "Delete for everyone", () => this.#delete(one)), keep];
  }

  #button(one, label, onclick) {
    const shown = button(label, onclick, { ariaLabel: `${label}: ${one.name}` });
    shown.dataset.action = `${label} ${one.id}`;
    return shown;
  }

  #ask(one) {
    this.#asked = one?.id ?? "";
    this.#show();
    if (!one) return byId("all-refresh").focus();
    byId("all").querySelector(`[data-action="${CSS.escape(`Keep ${one.id}`)}"]`).focus();
    announce(`Delete ${one.name} for everyone?`);
  }

  async #delete(one) {
    this.#asked = "";
    const error = await this.#documents.delete(one.id);
    this.#errors.set(one.id, error);
    this.#show();
    byId("all-refresh").focus();
    announce(error ? `${one.name}: ${error}` : `${one.name}: deleted.`);
  }

  async #open(id, target) {
    const error = await this.#documents.open(id);
    if (!error) return;
    announce(error);
    this.#errors.set(id, error);
    this.#show();
    if (target?.isConnected) target.title = error;
  }

  #suggest() {
    const ready = this.#documents.documents.filter(({ state }) => state === "ready");
    const questions = [...new Set(ready.map(({ name }) => suggestQuestion(name)))].slice(0, SUGGESTIONS);
    byId("suggestions").replaceChildren(
      ...questions.map((question) => h("li", {}, button(question, () => ask(question), { dir: "auto" }))),
    );
    byId("suggestions").hidden = questions.length === 0;
  }
}

/** Returns a first question about a document. The name has its extension and its separators removed. */
export function suggestQuestion(documentName) {
  const title = clean(documentName)
    .replace(/\.[^.]+$/, "")
    .replace(/[_-]+/g, " ")
    .trim();
  return `What does “${truncate(title, MAX_SUGGESTED_CHARACTERS)}” say?`;
}

function ask(question) {
  byId("question").value = question;
  byId("ask").requestSubmit();
}
