// The conversation: kept in this browser, and sent along with each question, for the API keeps nothing.

import { BROWSER, followOtherTabs, load, remove, save, TAB } from "./storage.js";
import { clean, shorten } from "./text.js";

export const LONGEST_QUESTION = 1000;

// The API's own bounds: ten turns, 8,000 characters each, 24,000 in all. It counts code points, never more than we do.
const TURNS = 10;
const TURN_CHARACTERS = 8_000;
const HISTORY_CHARACTERS = 24_000;
const EXCHANGES_KEPT = 50;
const PASSAGE_CHARACTERS = 20_000;

/**
 * Each tab has a conversation of its own, which outlives a reload. A new tab begins anew, and may bring back the one that
 * was last written in any. Dispatches "change", and "forgotten" when it was forgotten, here or in another tab.
 */
export class Conversation extends EventTarget {
  #state = checked(load("conversation", null, TAB)) ?? fresh();
  #previous = null;

  constructor() {
    super();
    const last = checked(load("conversation", null));
    if (last?.id !== this.id && last?.exchanges.length > 0) this.#previous = last;
    followOtherTabs("conversation", (removed) => removed && this.#forgetHere());
  }

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

  /** Whether there is anything to forget. */
  get isKept() {
    return this.hasPrevious || this.exchanges.length > 0;
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
    if (this.exchanges.length > 0) this.#previous = this.#state;
    this.#state = fresh();
    this.#keep();
  }

  bringBack() {
    this.#state = this.#previous ?? this.#state;
    this.#previous = null;
    this.#keep();
  }

  /** Forgets every conversation that this browser keeps, in its other tabs too. */
  forget() {
    remove("conversation");
    this.#forgetHere();
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

  #forgetHere() {
    this.#state = fresh();
    this.#previous = null;
    this.#keep();
    this.dispatchEvent(new Event("forgotten"));
  }

  #keep() {
    keepWhatFits(this.#state, TAB);
    // An empty one does not take the place of another one that may be brought back.
    if (this.exchanges.length > 0 || load("conversation", null)?.id === this.id) keepWhatFits(this.#state, BROWSER);
    this.dispatchEvent(new Event("change"));
  }
}

/** Where the browser's room is too small, the newest exchanges. */
function keepWhatFits(state, where) {
  for (let from = 0; from <= state.exchanges.length; from += 5)
    if (save("conversation", { ...state, exchanges: state.exchanges.slice(from) }, where)) return;
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
