// The sign-in of this tab.
//
// The access token and the ID token are only in memory. The refresh token is also in the tab's storage, so that a reload
// needs no password: it ends with the tab, and the issuer gives another one each time it is used.

import { CallError } from "./http.js";
import { isRefusal, Issuer } from "./issuer.js";
import { load, remove, save, TAB } from "./storage.js";
import { jitter, whenVisible } from "./wait.js";

// A token is renewed after two thirds of its life, and before a request in its last seconds.
const RENEW_BEFORE = 1 / 3;
const LAST_MS = 10_000;
const RETRY_MS = 30_000;
const KEPT = "Your question and your documents are kept.";

/** By state: what the page says to the user, and the label of the button that signs in. */
const MESSAGES = {
  "signed-in": null,
  "signed-out": { text: "Sign in to ask and to upload.", label: "Sign in" },
  "signed-out-here": {
    text: "You are signed out of this page. The sign-in service does not respond: you may still be signed in there.",
    label: "Sign in",
  },
  ended: { text: `Your sign-in has ended. ${KEPT}`, label: "Sign in again" },
  declined: { text: "The sign-in service did not sign you in.", label: "Sign in" },
  unavailable: {
    text: `The sign-in service does not respond, so nobody can sign in now. ${KEPT}`,
    label: "Try again",
  },
  refused: {
    text: `The service did not accept your sign-in. If a new one does not help, tell the operator of this page. ${KEPT}`,
    label: "Sign in again",
  },
};

/** Dispatches "change" when `state` may have changed, and "account" when another user than the last one signs in. */
export class SignIn extends EventTarget {
  /** One of the keys of `MESSAGES`. */
  state = "signed-out";
  /** The name of the user; "" while nobody is signed in. */
  name = "";

  #issuer;
  /** As the issuer returns them, with `expiresAt` on the clock of the page; null while nobody is signed in. */
  #tokens = null;
  #refreshToken = load("refresh", null, TAB);
  #renewal = null;
  #timer = 0;
  #tabs = new BroadcastChannel("ask.sign-in");

  /** `path` is that of the settings file. */
  constructor(path) {
    super();
    this.#issuer = new Issuer(path);
    this.#tabs.onmessage = () => this.#forget("signed-out");
  }

  /** What the page says to the user: `{text, label}`; null while signed in. */
  get message() {
    return MESSAGES[this.state];
  }

  /** Finishes the sign-in from which the issuer has sent the user back, or goes on with the one of this tab. */
  async start() {
    const url = new URL(location.href);
    const begun = load("sign-in", null, TAB);
    remove("sign-in", TAB);
    const isAnswer = url.searchParams.has("state");
    // The code works once. It must not stay in the address, where a reload would use it again.
    if (isAnswer) history.replaceState(null, "", url.pathname);
    if (isAnswer && begun) await this.#finish(url, begun);
    else if (this.#refreshToken) await this.#renewOnce().catch(() => {});
  }

  /** Returns an access token. Throws CallError "signed-out" if the user has to sign in. */
  async token() {
    if (this.#left() < LAST_MS) await this.#renewOnce();
    return this.#tokens.access;
  }

  /** Returns another token than the one that the API refused. Throws as `token` does. */
  async renew(refused) {
    if (this.#tokens?.access === refused) this.#tokens.expiresAt = 0;
    return this.token();
  }

  /** Notes that the API refuses a new token too, and returns the error for it. */
  refuse() {
    this.#forget("refused");
    return this.#error();
  }

  /** Leaves for the issuer's page, after `keepWork()`. Stays here if the issuer does not respond. */
  async signIn(keepWork) {
    if (this.#refreshToken) await this.#renewOnce().catch(() => {});
    if (this.state === "signed-in") return;
    try {
      const { begun, url } = await this.#issuer.begin();
      save("sign-in", begun, TAB);
      await keepWork();
      location.assign(url);
    } catch {
      this.#set("unavailable");
    }
  }

  /** Signs out here, in the other tabs, and at the issuer. */
  async signOut() {
    const ended = { refresh: this.#refreshToken, id: this.#tokens?.id };
    this.#forget("signed-out");
    this.#tabs.postMessage("signed-out");
    try {
      const url = await this.#issuer.end(ended);
      if (url) location.assign(url);
    } catch {
      this.#set("signed-out-here");
    }
  }

  async #finish(url, begun) {
    try {
      this.#accept(await this.#issuer.finish(url, begun));
    } catch (error) {
      this.#forget(isRefusal(error) ? "declined" : "unavailable");
    }
  }

  /** Renews the tokens. Callers at the same time share one renewal, because a refresh token works once. */
  #renewOnce() {
    this.#renewal ??= this.#renew().finally(() => (this.#renewal = null));
    return this.#renewal;
  }

  async #renew() {
    try {
      if (!this.#refreshToken) throw { error: "no refresh token" };
      this.#accept(await this.#issuer.refresh(this.#refreshToken));
    } catch (error) {
      // While the issuer is down, and without a refresh token, the present token works until it expires.
      if (this.#left() > 0 && !(this.#refreshToken && isRefusal(error))) return this.#schedule();
      if (isRefusal(error)) this.#forget(this.name || this.#refreshToken ? "ended" : this.state);
      else this.#set("unavailable");
      throw this.#error();
    }
  }

  #accept(tokens) {
    if (tokens.claims) this.#identify(tokens.claims);
    this.#tokens = { id: this.#tokens?.id, ...tokens, expiresAt: performance.now() + tokens.life };
    this.#refreshToken = tokens.refresh ?? this.#refreshToken;
    if (this.#refreshToken) save("refresh", this.#refreshToken, TAB);
    this.#set("signed-in");
  }

  #identify({ sub, name, email }) {
    if (load("account", sub) !== sub) this.dispatchEvent(new Event("account"));
    save("account", sub);
    this.name = `${name ?? email ?? sub}`;
  }

  #forget(state) {
    this.#tokens = null;
    this.#refreshToken = null;
    this.name = "";
    remove("refresh", TAB);
    this.#set(state);
  }

  #set(state) {
    this.state = state;
    this.#schedule();
    this.dispatchEvent(new Event("change"));
  }

  /** Plans the next renewal: of the token while it works, and of the sign-in while the issuer is down. */
  #schedule() {
    clearTimeout(this.#timer);
    if (!this.#refreshToken) return;
    const due = this.#left() - (this.#tokens?.life ?? 0) * RENEW_BEFORE;
    const renew = () => whenVisible().then(() => this.#renewOnce());
    this.#timer = setTimeout(() => renew().catch(() => {}), due > 0 ? due : jitter(RETRY_MS));
  }

  /** The rest of the token's life in ms. */
  #left() {
    return this.#tokens ? this.#tokens.expiresAt - performance.now() : 0;
  }

  #error() {
    return new CallError("signed-out", MESSAGES[this.state]?.text ?? MESSAGES.ended.text);
  }
}
