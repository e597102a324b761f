// Adds the token of a signed-in user to requests. In an open deployment it adds nothing, and nothing else is loaded.

import { request } from "./http.js";
import { pause } from "./wait.js";

// API Gateway's time-out is 29 s.
const REQUEST_SECONDS = 29.5;
// A request waits no longer to know whether users sign in. If they do, the API answers 401, and the request is repeated.
const KNOWN_MS = 1_000;
const UNAUTHORIZED = 401;

export class Access {
  #monitor;
  #find = async () => null;
  #signIn = this.#find();

  constructor(monitor) {
    this.#monitor = monitor;
  }

  /** `find()` resolves to the page's SignIn, or to null where users do not sign in. It never rejects. */
  start(find) {
    this.#find = find;
    this.#signIn = find();
  }

  /** Requests `path` from the API `url`, and once more with another token if that refuses the first one. */
  async request(url, path, { json, signal }) {
    const send = (token) => {
      const task = (taskSignal) => request(url + path, { json, token, seconds: REQUEST_SECONDS, signal: taskSignal });
      return this.#monitor.run(url, task, { signal });
    };
    const known = await Promise.race([this.#signIn, pause(KNOWN_MS, signal).then(() => null)]);
    const token = await known?.token();
    try {
      return await send(token);
    } catch (error) {
      if (error.status !== UNAUTHORIZED) throw error;
      const signIn = (await this.#signIn) ?? (await (this.#signIn = this.#find()));
      if (!signIn) throw error;
      return send(await signIn.renew(token)).catch((second) => {
        throw second.status === UNAUTHORIZED ? signIn.refuse() : second;
      });
    }
  }
}
