// Shows the conversation: questions, waiting, answers, and what to do when there is no answer.

import { renderAnswer } from "./answer-view.js";
import { MAX_QUESTION_CHARACTERS } from "./conversation.js";
import { announce, button, byId, h } from "./dom.js";
import { explainQuestion } from "./errors.js";
import { clean, pluralize } from "./text.js";

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
    byId("stop").addEventListener("click", () => this.#stop());
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
    this.#stop();
    this.#showAll();
  }

  #stop() {
    for (const { abort } of this.#pending.values()) abort.abort();
  }

  #bringBack() {
    this.#conversation.bringBack();
    this.#showAll();
    this.#field.focus();
  }

  #submit(event) {
    event.preventDefault();
    const question = clean(this.#field.value).trim();
    if (!question) return;
    if (this.#pending.size > 0) {
      announce("The question was not sent, because the last one has no answer yet.");
      return;
    }
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
    ]);
    this.#updateControls();
    article.scrollIntoView({ block: "start" });
    this.#showOutage();
    try {
      const { body } = await this.#router.call("docs", { json, signal: abort.signal });
      this.#conversation.answer(exchange, body);
      this.#setReply(article, renderAnswer(exchange.answer));
      announce(`Answered, with ${pluralize(exchange.answer.citations.length, "source")}.`);
    } catch (error) {
      if (error.kind === "canceled") this.#takeBack(exchange, article, "Stopped.");
      else if (error.kind === "signed-out") this.#takeBack(exchange, article, error.message);
      else this.#showFailure(exchange, article, explainQuestion(error));
    } finally {
      clearTimeout(slowTimer);
      this.#pending.delete(exchange.id);
      this.#updateControls();
    }
  }

  /** Puts a question that was not answered back into the box. If another one is written there, it stays in the log. */
  #takeBack(exchange, article, text) {
    if (!this.#conversation.exchanges.includes(exchange)) return;
    if (this.#field.value.trim() === "") this.#edit(exchange, article);
    else this.#setReply(article, this.#renderFailure(exchange, article, { text, way: "again" }));
    this.#field.focus();
    announce(`${text} The question is kept.`);
  }

  /** Moves a question back into the box, before what is written there. */
  #edit(exchange, article) {
    this.#field.value = [exchange.question, this.#field.value].filter((text) => text.trim()).join("\n");
    this.#showCharactersLeft();
    this.#remove(exchange, article);
  }

  #remove(exchange, article) {
    this.#conversation.remove(exchange);
    article.remove();
    this.#updateControls();
    this.#field.focus();
  }

  /** Shows whether each pending question waits for its answer or every region is down. */
  #showOutage() {
    const { down } = this.#router;
    for (const { searching, outage } of this.#pending.values()) {
      const hadFocus = !down && outage.contains(document.activeElement);
      searching.hidden = down;
      outage.hidden = !down;
      const cause = navigator.onLine ? "The service is not responding." : "You are offline.";
      outage.firstChild.textContent = `${cause} Your question is kept and will be asked again automatically. `;
      if (hadFocus) outage.parentElement.focus({ preventScroll: true });
    }
  }

  #showFailure(exchange, article, failure) {
    this.#setReply(article, this.#renderFailure(exchange, article, failure));
    announce(failure.text);
  }

  /** Shows why there is no answer, with the way on as the first button. */
  #renderFailure(exchange, article, { text, way }) {
    const ways = {
      again: () => button("Ask again", () => this.#pending.size === 0 && this.#ask(exchange, article)),
      new: () => button("New conversation", () => this.#startNewWith(exchange, article)),
      reload: () => button("Reload the page", () => location.reload()),
      edit: () => null,
    };
    const edit = button("Edit", () => this.#edit(exchange, article));
    const remove = button("Remove", () => this.#remove(exchange, article));
    return [h("p", { className: "error" }, text), h("footer", {}, ways[way](), edit, remove)];
  }

  #startNewWith(exchange, article) {
    this.#edit(exchange, article);
    this.#startNew();
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
      const unanswered = { text: "This question was not answered before the page was closed.", way: "again" };
      this.#setReply(
        article,
        exchange.answer ? renderAnswer(exchange.answer) : this.#renderFailure(exchange, article, unanswered),
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
    const waits = this.#pending.size > 0;
    if (!waits && document.activeElement === byId("stop")) this.#field.focus();
    byId("send").hidden = waits;
    byId("stop").hidden = !waits;
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
