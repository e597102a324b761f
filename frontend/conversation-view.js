// Shows the conversation: questions, waiting, answers, and what to do when there is no answer.

import { renderSources } from "./citations.js";
import { MAX_QUESTION_CHARACTERS } from "./conversation.js";
import { announce, button, byId, h } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { clean, formatTime, pluralize } from "./text.js";

const SLOW_ANSWER_MS = 8_000;

export class ConversationView {
  #router;
  #conversation;
  #log = byId("log");
  #welcome = byId("welcome");
  #field = byId("question");
  /** By exchange id, the questions that are being asked: `{abort, searching, outage}`. */
  #pending = new Map();

  constructor(router, conversation) {
    this.#router = router;
    this.#conversation = conversation;
    byId("ask").addEventListener("submit", (event) => this.#submit(event));
    this.#field.addEventListener("keydown", (event) => {
      // 229: an input method has taken the key. Safari ends the composition before it reports the key.
      if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
      event.preventDefault();
      byId("ask").requestSubmit();
    });
    this.#field.addEventListener("input", () => this.#showCharactersLeft());
    byId("new").addEventListener("click", () => this.#startNew());
    byId("bring-back").addEventListener("click", () => this.#bringBack());
    router.addEventListener("change", () => this.#showOutage());
    conversation.addEventListener("cleared", () => {
      this.#field.value = "";
      this.#abortPending();
    });
    this.#showAll();
  }

  #startNew() {
    this.#conversation.startNew();
    this.#abortPending();
    this.#field.focus();
    announce("New conversation.");
  }

  #abortPending() {
    for (const { abort } of this.#pending.values()) abort.abort();
    this.#showAll();
  }

  #bringBack() {
    this.#conversation.bringBack();
    this.#showAll();
    this.#field.focus();
  }

  #submit(event) {
    event.preventDefault();
    const question = clean(this.#field.value).trim();
    if (!question || this.#pending.size > 0) return;
    if (question.length > MAX_QUESTION_CHARACTERS) {
      announce(`The question was not sent. ${describeLength(question)}`);
      return;
    }
    this.#field.value = "";
    this.#showCharactersLeft();
    const exchange = this.#conversation.ask(question);
    const article = this.#createArticle(exchange);
    this.#log.append(article);
    this.#updateControls();
    this.#ask(exchange, article);
  }

  async #ask(exchange, article) {
    const abort = new AbortController();
    const json = {
      question: exchange.question,
      history: this.#conversation.historyBefore(exchange),
      requestSessionId: this.#conversation.id,
    };
    const searching = h("p", { className: "waiting-line" }, "Looking through the documents…");
    const outage = h(
      "p",
      { className: "waiting-line", hidden: true },
      h("span"),
      button("Try now", () => this.#router.retryNow()),
    );
    const slowTimer = setTimeout(
      () => (searching.textContent = "Still looking. A long answer may take half a minute."),
      SLOW_ANSWER_MS,
    );
    this.#pending.set(exchange.id, { abort, searching, outage });
    this.#setReply(article, [
      searching,
      outage,
      h("div", { className: "skeleton", ariaHidden: "true" }, h("span"), h("span"), h("span")),
      button("Cancel", () => abort.abort()),
    ]);
    this.#updateControls();
    article.scrollIntoView({ block: "start" });
    this.#showOutage();
    try {
      const { body } = await this.#router.call("docs", { json, signal: abort.signal });
      this.#conversation.answer(exchange, body);
      this.#setReply(article, this.#renderAnswer(exchange.answer));
      announce(`Answered, with ${pluralize(exchange.answer.citations.length, "source")}.`);
    } catch (error) {
      this.#setReply(article, this.#renderFailure(exchange, article, error.message));
      if (error.kind !== "canceled") announce(error.message);
    } finally {
      clearTimeout(slowTimer);
      this.#pending.delete(exchange.id);
      this.#updateControls();
    }
  }

  /** Shows whether each pending question waits for its answer or every region is down. */
  #showOutage() {
    const { down } = this.#router;
    for (const { searching, outage } of this.#pending.values()) {
      const hadFocus = !down && outage.contains(document.activeElement);
      searching.hidden = down;
      outage.hidden = !down;
      const cause = navigator.onLine ? "No region is responding." : "You are offline.";
      outage.firstChild.textContent = `${cause} Your question is kept and will be asked again automatically. `;
      if (hadFocus) outage.parentElement.focus({ preventScroll: true });
    }
  }

  #renderAnswer({ text, citations, region, at }) {
    const { list, createMark } = renderSources(citations);
    const body = h(
      "div",
      { className: "answer", dir: "auto" },
      text ? renderMarkdown(text, createMark) : h("p", {}, "The answer was empty."),
    );
    const origin = [region && `Answered from ${region}`, at && formatTime(at)].filter(Boolean).join(" · ");
    const copy = button("Copy", () => this.#copy(copy, text));
    return [body, citations.length > 0 ? list : null, h("footer", {}, h("span", {}, origin), copy)];
  }

  async #copy(copyButton, text) {
    try {
      await navigator.clipboard.writeText(text);
      copyButton.textContent = "Copied";
    } catch {
      copyButton.textContent = "Copying is not allowed here";
    }
    announce(copyButton.textContent);
    setTimeout(() => (copyButton.textContent = "Copy"), 2000);
  }

  #renderFailure(exchange, article, message) {
    const again = button("Ask again", () => this.#pending.size === 0 && this.#ask(exchange, article));
    const remove = button("Remove", () => {
      this.#conversation.remove(exchange);
      article.remove();
      this.#updateControls();
      this.#field.focus();
    });
    return [h("p", { className: "error" }, message), h("footer", {}, again, remove)];
  }

  #createArticle(exchange) {
    const question = h("h2", { className: "question", dir: "auto" }, exchange.question);
    return h("article", {}, question, h("div", { className: "reply", tabIndex: -1 }));
  }

  /** Replaces the reply. If the focus was in it, the reply gets the focus: the next Tab starts there. */
  #setReply(article, content) {
    const reply = article.lastChild;
    const hadFocus = reply.contains(document.activeElement);
    reply.replaceChildren(...content.filter(Boolean));
    if (hadFocus) reply.focus({ preventScroll: true });
  }

  #showAll() {
    const articles = this.#conversation.exchanges.map((exchange) => {
      const article = this.#createArticle(exchange);
      const unanswered = "This question was not answered before the page was closed.";
      this.#setReply(
        article,
        exchange.answer ? this.#renderAnswer(exchange.answer) : this.#renderFailure(exchange, article, unanswered),
      );
      return article;
    });
    this.#log.replaceChildren(...articles);
    this.#updateControls();
    articles.at(-1)?.scrollIntoView({ block: "start" });
  }

  #updateControls() {
    const empty = this.#log.childElementCount === 0;
    this.#welcome.hidden = !empty;
    byId("new").hidden = empty;
    byId("bring-back").hidden = !this.#conversation.hasPrevious;
    byId("send").ariaDisabled = this.#pending.size > 0 ? "true" : "false";
  }

  #showCharactersLeft() {
    byId("characters-left").textContent = describeLength(clean(this.#field.value).trim());
  }
}

/** Returns how many characters are left or too many; "" while more than 100 are left. */
function describeLength(question) {
  const left = MAX_QUESTION_CHARACTERS - question.length;
  if (left < 0) return `${pluralize(-left, "character")} too many`;
  return left <= 100 ? `${pluralize(left, "character")} left` : "";
}
