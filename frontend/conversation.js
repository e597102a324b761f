// The conversation: stored in this browser and sent with each question, because the API stores none.

import { BROWSER, load, onChangeInOtherTab, remove, save, TAB } from "./storage.js";
import { clean, truncate } from "./text.js";

export const MAX_QUESTION_CHARACTERS = 1000;

// The API's limits for the history: 10 turns, 8,000 characters each, 24,000 in total. The API counts code points, and a
// text never has more of them than of the UTF-16 units counted here.
const MAX_TURNS = 10;
const MAX_TURN_CHARACTERS = 8_000;
const MAX_HISTORY_CHARACTERS = 24_000;
const MAX_STORED_EXCHANGES = 50;
const MAX_PASSAGE_CHARACTERS = 20_000;

/**
 * Each tab has its own conversation, which survives a reload. A new tab starts a new one and can bring back the last
 * one that any tab has stored. Dispatches "change", and "cleared" when it is cleared in any tab.
 */
export class Conversation extends EventTarget {
  #state = parseStored(load("conversation", null, TAB)) ?? createState();
  #previous = null;

  constructor() {
    super();
    const last = parseStored(load("conversation", null));
    if (last?.id !== this.id && last?.exchanges.length > 0) this.#previous = last;
    onChangeInOtherTab("conversation", (removed) => removed && this.#clearTab());
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

  /** Whether there is nothing to clear. */
  get isEmpty() {
    return !this.hasPrevious && this.exchanges.length === 0;
  }

  ask(question) {
    const exchange = { id: crypto.randomUUID(), question, answer: null };
    this.#state.exchanges.push(exchange);
    this.#state.exchanges.splice(0, this.#state.exchanges.length - MAX_STORED_EXCHANGES);
    this.#save();
    return exchange;
  }

  answer(exchange, body) {
    exchange.answer = parseAnswer({ ...body, text: body.response, at: Date.now() });
    this.#save();
  }

  remove(exchange) {
    this.#state.exchanges = this.#state.exchanges.filter((other) => other !== exchange);
    this.#save();
  }

  startNew() {
    if (this.exchanges.length > 0) this.#previous = this.#state;
    this.#state = createState();
    this.#save();
  }

  bringBack() {
    this.#state = this.#previous ?? this.#state;
    this.#previous = null;
    this.#save();
  }

  /** Deletes every conversation that this browser stores, in its other tabs too. */
  clear() {
    remove("conversation");
    this.#clearTab();
  }

  /** Returns the history before `exchange` as the API accepts it: whole exchanges, as many of the newest as fit. */
  historyBefore(exchange) {
    const before = this.exchanges.slice(0, this.exchanges.indexOf(exchange)).filter((other) => other.answer?.text);
    const turns = [];
    let remaining = MAX_HISTORY_CHARACTERS;
    for (const { question, answer } of before.slice(-MAX_TURNS / 2).reverse()) {
      const pair = [question, answer.text].map((text) => text.slice(0, MAX_TURN_CHARACTERS).toWellFormed());
      remaining -= pair[0].length + pair[1].length;
      if (remaining < 0) break;
      turns.unshift({ role: "user", text: pair[0] }, { role: "assistant", text: pair[1] });
    }
    return turns;
  }

  #clearTab() {
    this.#state = createState();
    this.#previous = null;
    this.#save();
    this.dispatchEvent(new Event("cleared"));
  }

  #save() {
    saveNewest(this.#state, TAB);
    // An empty conversation must not replace a stored one that can still be brought back.
    if (this.exchanges.length > 0 || load("conversation", null)?.id === this.id) saveNewest(this.#state, BROWSER);
    this.dispatchEvent(new Event("change"));
  }
}

/** Saves the conversation, without its oldest exchanges if the storage is too small. */
function saveNewest(state, area) {
  for (let from = 0; from <= state.exchanges.length; from += 5)
    if (save("conversation", { ...state, exchanges: state.exchanges.slice(from) }, area)) return;
}

function createState() {
  return { id: crypto.randomUUID(), exchanges: [] };
}

/** Returns an answer from the API or from storage: cleaned, and only the parts that are valid. */
function parseAnswer({ text, citations, region, at }) {
  return {
    text: clean(text),
    region: clean(region),
    at: Number(at) || 0,
    citations: (Array.isArray(citations) ? citations : []).slice(0, 20).map(parseCitation),
  };
}

function parseCitation(citation) {
  return {
    uri: clean(citation?.uri),
    text: truncate(clean(citation?.text), MAX_PASSAGE_CHARACTERS),
    score: Number.isFinite(citation?.score) ? citation.score : null,
  };
}

function parseStored(state) {
  if (typeof state?.id !== "string" || !Array.isArray(state.exchanges)) return null;
  const exchanges = state.exchanges
    .filter((one) => typeof one?.question === "string")
    .map((one) => ({
      id: crypto.randomUUID(),
      question: clean(one.question),
      answer: one.answer ? parseAnswer(one.answer) : null,
    }));
  return { id: state.id, exchanges };
}
