// The conversation as it is seen: questions, the wait, answers, and what to do when there is none.

import { sources } from "./citations.js";
import { LONGEST_QUESTION } from "./conversation.js";
import { announce, button, byId, h } from "./dom.js";
import { markdown } from "./markdown.js";
import { clean, plural, timeText } from "./text.js";

const LONG_MS = 8_000;

export class Chat {
  #service;
  #conversation;
  #log = byId("log");
  #welcome = byId("welcome");
  #field = byId("question");
  #waiting = new Map();

  constructor(service, conversation) {
    this.#service = service;
    this.#conversation = conversation;
    this.#field.maxLength = LONGEST_QUESTION;
    byId("ask").addEventListener("submit", (event) => this.#submitted(event));
    this.#field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      byId("ask").requestSubmit();
    });
    this.#field.addEventListener("input", () => this.#count());
    byId("new").addEventListener("click", () => this.startAnew());
    byId("bring-back").addEventListener("click", () => this.#bringBack());
    service.addEventListener("change", () => this.#tellWaiting());
    conversation.addEventListener("forgotten", () => {
      this.#field.value = "";
      this.#leave();
    });
    this.#showAll();
  }

  startAnew() {
    this.#conversation.startAnew();
    this.#leave();
    this.#field.focus();
    announce("New conversation.");
  }

  #leave() {
    for (const { stop } of this.#waiting.values()) stop.abort();
    this.#showAll();
  }

  #bringBack() {
    this.#conversation.bringBack();
    this.#showAll();
    this.#field.focus();
  }

  #submitted(event) {
    event.preventDefault();
    const question = clean(this.#field.value).trim();
    if (!question || this.#waiting.size > 0) return;
    this.#field.value = "";
    this.#count();
    const exchange = this.#conversation.ask(question);
    const article = this.#article(exchange);
    this.#log.append(article);
    this.#arrange();
    this.#ask(exchange, article);
  }

  async #ask(exchange, article) {
    const stop = new AbortController();
    const json = {
      question: exchange.question,
      history: this.#conversation.historyBefore(exchange),
      requestSessionId: this.#conversation.id,
    };
    const looking = h("p", { className: "waiting-line" }, "Looking through the documents…");
    const nobody = h(
      "p",
      { className: "waiting-line", hidden: true },
      "No region answers at the moment. Your question is kept, and asked again by itself. ",
      button("Try now", () => this.#service.tryNow()),
    );
    const later = setTimeout(
      () => (looking.textContent = "Still looking. A long answer may take half a minute."),
      LONG_MS,
    );
    this.#waiting.set(exchange.id, { stop, looking, nobody });
    this.#fill(article, [
      looking,
      nobody,
      h("div", { className: "skeleton", ariaHidden: "true" }, h("span"), h("span"), h("span")),
      button("Cancel", () => stop.abort()),
    ]);
    this.#arrange();
    article.scrollIntoView({ block: "start" });
    this.#tellWaiting();
    try {
      const { body } = await this.#service.call("docs", { json, signal: stop.signal });
      this.#conversation.answer(exchange, body);
      this.#fill(article, this.#answer(exchange.answer));
      announce(`Answered, with ${plural(exchange.answer.citations.length, "source")}.`);
    } catch (error) {
      this.#fill(
        article,
        this.#unanswered(exchange, article, error.kind === "cancelled" ? "Cancelled." : error.message),
      );
      if (error.kind !== "cancelled") announce(error.message);
    } finally {
      clearTimeout(later);
      this.#waiting.delete(exchange.id);
      this.#arrange();
    }
  }

  /** Keeps the person who waits informed, in the place where they look. */
  #tellWaiting() {
    const { down } = this.#service;
    for (const { looking, nobody } of this.#waiting.values()) {
      const held = !down && nobody.contains(document.activeElement);
      looking.hidden = down;
      nobody.hidden = !down;
      if (held) nobody.parentElement.focus({ preventScroll: true });
    }
  }

  #answer({ text, citations, region, at }) {
    const { list, mark } = sources(citations);
    const body = h(
      "div",
      { className: "answer", dir: "auto" },
      text ? markdown(text, mark) : h("p", {}, "The answer was empty."),
    );
    const from = [region && `Answered from ${region}`, at && timeText(at)].filter(Boolean).join(" · ");
    const copy = button("Copy", () => this.#copy(copy, text));
    return [body, citations.length > 0 ? list : null, h("footer", {}, h("span", {}, from), copy)];
  }

  async #copy(pressed, text) {
    try {
      await navigator.clipboard.writeText(text);
      pressed.textContent = "Copied";
    } catch {
      pressed.textContent = "Copying is not allowed here";
    }
    announce(pressed.textContent);
    setTimeout(() => (pressed.textContent = "Copy"), 2000);
  }

  #unanswered(exchange, article, why) {
    const again = button("Ask again", () => this.#waiting.size === 0 && this.#ask(exchange, article));
    const remove = button("Remove", () => {
      this.#conversation.drop(exchange);
      article.remove();
      this.#arrange();
      this.#field.focus();
    });
    return [h("p", { className: "trouble" }, why), h("footer", {}, again, remove)];
  }

  #article(exchange) {
    const question = h("h2", { className: "question", dir: "auto" }, exchange.question);
    return h("article", {}, question, h("div", { className: "reply", tabIndex: -1 }));
  }

  /** Whoever was on a button of what goes stays in the reply, and goes on from there. */
  #fill(article, content) {
    const reply = article.lastChild;
    const held = reply.contains(document.activeElement);
    reply.replaceChildren(...content.filter(Boolean));
    if (held) reply.focus({ preventScroll: true });
  }

  #showAll() {
    const articles = this.#conversation.exchanges.map((exchange) => {
      const article = this.#article(exchange);
      const left = "This question was not answered before the page was closed.";
      this.#fill(article, exchange.answer ? this.#answer(exchange.answer) : this.#unanswered(exchange, article, left));
      return article;
    });
    this.#log.replaceChildren(...articles);
    this.#arrange();
    articles.at(-1)?.scrollIntoView({ block: "start" });
  }

  #arrange() {
    const empty = this.#log.childElementCount === 0;
    this.#welcome.hidden = !empty;
    byId("new").hidden = empty;
    byId("bring-back").hidden = !this.#conversation.hasPrevious;
    byId("send").ariaDisabled = this.#waiting.size > 0 ? "true" : "false";
  }

  #count() {
    const left = LONGEST_QUESTION - this.#field.value.length;
    byId("left").textContent = left <= 100 ? `${plural(left, "character")} left` : "";
  }
}
