// The conversation: kept in this browser, and sent along with each question, for the API keeps nothing.

import { load, save } from "./storage.js";
import { clean, shorten } from "./text.js";

export const LONGEST_QUESTION = 1000;

// The API's own bounds: ten turns, 8,000 characters each, 24,000 in all. It counts code points, never more than we do.
const TURNS = 10;
const TURN_CHARACTERS = 8_000;
const HISTORY_CHARACTERS = 24_000;
const EXCHANGES_KEPT = 50;
const PASSAGE_CHARACTERS = 20_000;

export class Conversation {
  #state = checked(load("conversation", null)) ?? fresh();
  #previous = null;

  get id() {
    return this.#state.id;
  }

  /** Questions, oldest first: `{id, question, answer}`; `answer` is null or `{text, citations, region, at}`. */
  get exchanges() {
    return this.#state.exchanges;
  }

  get hasPrevious() {
    return this.#previous !== null;
  }

  ask(question) {
    const exchange = { id: crypto.randomUUID(), question, answer: null };
    this.#state.exchanges.push(exchange);
    this.#state.exchanges.splice(0, this.#state.exchanges.length - EXCHANGES_KEPT);
    this.#keep();
    return exchange;
  }

  answer(exchange, body) {
    exchange.answer = readAnswer({ ...body, text: body.response, at: Date.now() });
    this.#keep();
  }

  drop(exchange) {
    this.#state.exchanges = this.#state.exchanges.filter((other) => other !== exchange);
    this.#keep();
  }

  startAnew() {
    this.#previous = this.#state.exchanges.length > 0 ? this.#state : null;
    this.#state = fresh();
    this.#keep();
  }

  bringBack() {
    this.#state = this.#previous ?? this.#state;
    this.#previous = null;
    this.#keep();
  }

  /** What was said before `exchange`, as the API takes it: whole turns, the newest that fit, a question first. */
  historyBefore(exchange) {
    const before = this.exchanges.slice(0, this.exchanges.indexOf(exchange)).filter((other) => other.answer?.text);
    const turns = [];
    let room = HISTORY_CHARACTERS;
    for (const { question, answer } of before.slice(-TURNS / 2).reverse()) {
      const pair = [question, answer.text].map((text) => text.slice(0, TURN_CHARACTERS).toWellFormed());
      room -= pair[0].length + pair[1].length;
      if (room < 0) break;
      turns.unshift({ role: "user", text: pair[0] }, { role: "assistant", text: pair[1] });
    }
    return turns;
  }

  /** Keeps what fits: where the browser's room is too small, the newest exchanges. */
  #keep() {
    for (let from = 0; from <= this.exchanges.length; from += 5) {
      if (save("conversation", { ...this.#state, exchanges: this.exchanges.slice(from) })) return;
    }
  }
}

function fresh() {
  return { id: crypto.randomUUID(), exchanges: [] };
}

/** An answer as the API gave it, or as it was kept: only what has the right shape, cleaned. */
function readAnswer({ text, citations, region, at }) {
  return {
    text: clean(text),
    region: clean(region),
    at: Number(at) || 0,
    citations: (Array.isArray(citations) ? citations : []).slice(0, 20).map(readCitation),
  };
}

function readCitation(citation) {
  return {
    uri: clean(citation?.uri),
    text: shorten(clean(citation?.text), PASSAGE_CHARACTERS),
    score: Number.isFinite(citation?.score) ? citation.score : null,
  };
}

function checked(state) {
  if (typeof state?.id !== "string" || !Array.isArray(state.exchanges)) return null;
  const exchanges = state.exchanges
    .filter((one) => typeof one?.question === "string")
    .map((one) => ({
      id: crypto.randomUUID(),
      question: clean(one.question),
      answer: one.answer ? readAnswer(one.answer) : null,
    }));
  return { id: state.id, exchanges };
}
