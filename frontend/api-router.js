// Which API the page asks, and what it does when that one fails: the page's own part in the recovery.

import { Memory, readConfig, readFirstConfig } from "./config.js";
import { CallError, request } from "./http.js";
import { jittered, pause, Permissions, stopped } from "./rate-limit.js";
import { followOtherTabs } from "./storage.js";
import { health, UPLOAD, Watch } from "./liveness.js";

// API Gateway gives up after 29 s.
const ANSWER_SECONDS = 29.5;
const CONFIG_SECONDS = 5;
const CONFIG_SECONDS_IN_NEED = 1;
const HEALTH_SECONDS = 2;
// Below the 75 s in which every open page follows a planned move.
const POLL_MS = 55_000;
const GROWING_MS = [5_000, 10_000, 20_000, 40_000, 55_000];

/** Dispatches "change" whenever `api`, `down` or `configState` has changed. */
export class Service extends EventTarget {
  /** The API in use: `{url, region, standby}`; null while none is known. */
  api = null;
  /** Whether no known API answers. */
  down = false;
  /** What the last reading of config.json found: "good", "older", "missing", "malformed" or "unreachable". */
  configState = "good";

  #memory = new Memory();
  #permissions = new Permissions();
  #watch = new Watch(this.#permissions);
  #obeyed = null;
  /** The API that config.json names, while the page uses another one because it failed. */
  #left = null;
  #switches = 0;
  #healthyChecks = 0;
  #checks = 0;
  #recovery = null;
  #hurry = () => {};
  #timer = 0;

  /** Reads config.json and goes on doing so once a minute while the page can be seen. */
  async start() {
    await this.refresh(CONFIG_SECONDS);
    this.#schedule();
    document.addEventListener("visibilitychange", () => this.#hurry());
    addEventListener("online", () => this.tryNow());
    followOtherTabs("config", () => {
      this.#memory.catchUp();
      this.#obey();
    });
  }

  /**
   * Asks `path` of the API; of the other region's when this one fails; when both do, until one answers. `json` makes it
   * a POST, which must be one that may be repeated. Returns `{body, api}`. Throws CallError.
   */
  async call(path, { json, signal } = {}) {
    const failures = new Map();
    for (;;) {
      const api = await this.#known();
      try {
        return { api, body: await this.#ask(api, path, { json, signal }) };
      } catch (error) {
        if (!error.speaksAgainstTheApi) throw error;
        // 5xx has come twice by now. APIs that answer, and yet fail this very request: circling would help nobody.
        failures.set(api.url, (failures.get(api.url) ?? 0) + (error.kind === "broken" ? 2 : 1));
        if (failures.get(api.url) >= 4 || this.#memory.urls.every((url) => failures.get(url) >= 2)) throw error;
        await this.recover(api, signal, error.kind === "silent");
      }
    }
  }

  /** Runs an upload to the region's bucket under the watch that it takes. */
  watch(api, run, signal) {
    return this.#watch.over(api.url, run, { signal, patience: UPLOAD });
  }

  /** Returns once an API is in use that answers: another one than `failed`, at once if that is `dead`, or when it is back. */
  async recover(failed, signal, dead = false) {
    if (this.api?.url !== failed.url) return;
    this.#recovery ??= this.#searchUntilFound(failed, dead).finally(() => (this.#recovery = null));
    await Promise.race([this.#recovery, stopped(signal)]);
  }

  /** Ends the present pause between two attempts. */
  tryNow() {
    this.#permissions.grant();
    this.#hurry();
  }

  /** Whether the API is well after something else of its region failed. If not, returns once another one is in use. */
  async stillGood(api, signal) {
    if (this.api.url !== api.url) return false;
    const { healthy } = await Promise.race([this.#watch.report(api.url, signal), stopped(signal)]);
    if (healthy) return true;
    await this.recover(api, signal);
    return false;
  }

  /** Does what `call` does, once and of the other region: for a region whose API is well and whose bucket is not. */
  async callOther(path, options) {
    const url = this.#memory.urls.find((known) => known !== this.api?.url);
    if (!url) return this.call(path, options);
    const api = { url, region: "", standby: true };
    return { api, body: await this.#ask(api, path, options) };
  }

  async refresh(seconds) {
    const slow = () => this.#changed("unreachable");
    const { state, config } = await (this.#memory.config ? readConfig(seconds) : readFirstConfig(seconds, slow));
    const older = state === "good" && !this.#memory.take(config);
    this.#obey();
    this.#changed(older ? "older" : state);
  }

  /** An answer tells its region; config.json does not name the fallback's, nor does one written by hand. */
  #learnRegion(url, region) {
    if (this.api?.url !== url || typeof region !== "string" || this.api.region === region) return;
    this.api = { ...this.api, region };
    this.#changed();
  }

  async #known() {
    if (!this.api) await this.refresh(CONFIG_SECONDS);
    if (!this.api) throw new CallError("unconfigured", "The page does not know yet where to ask.");
    return this.api;
  }

  /** 5xx counts when it comes twice; 429 asks for patience, not for another region. */
  async #ask({ url }, path, { json, signal }) {
    const run = (given) => request(url + path, { json, seconds: ANSWER_SECONDS, signal: given });
    for (let attempt = 0; ; attempt += 1) {
      try {
        const body = await this.#watch.over(url, run, { signal });
        this.#learnRegion(url, body.region);
        return body;
      } catch (error) {
        if (attempt === 1 || (error.kind !== "broken" && error.kind !== "busy")) throw error;
        await pause(error.kind === "busy" ? Math.min(error.retryAfter, 10) * 1000 : jittered(500), signal);
      }
    }
  }

  async #searchUntilFound(failed, dead) {
    await pause(Math.random() * 200);
    for (let round = 0; !(await this.#search(failed, round, dead)); round += 1) {
      this.#setDown(true);
      await this.#nap(jittered(GROWING_MS[Math.min(round, GROWING_MS.length - 1)]));
    }
    this.#setDown(false);
  }

  #setDown(down) {
    this.down = down;
    this.#permissions.spare(down);
    this.#changed();
  }

  /**
   * Looks for an API that is well: config.json first, then the others' health, in later rounds the failed one's too. One
   * that answers at all is better than a dead one, and in later rounds better than none.
   */
  async #search(failed, round, dead) {
    await this.#permissions.take({ awaited: true });
    await this.refresh(CONFIG_SECONDS_IN_NEED);
    if (this.api.url !== failed.url) return true;
    let answering = null;
    for (const url of this.#memory.urls) {
      if (round === 0 && url === failed.url) continue;
      await this.#permissions.take({ awaited: true });
      const { healthy, answers, region } = await health(url, HEALTH_SECONDS);
      if (healthy) return this.#switchTo(url, region);
      if (answers && (answering === null || answering === failed.url)) answering = url;
    }
    return (dead || round > 0) && answering !== null && this.#switchTo(answering, "");
  }

  #switchTo(url, region) {
    const named = this.#named();
    if (url !== this.api.url && url === named.url) this.#use(named);
    else if (url !== this.api.url) {
      this.#switches += 1;
      this.#use({ url, region, standby: !named.standby }, named);
    }
    return true;
  }

  #use(api, left = null) {
    this.api = api;
    this.#left = left;
    this.#checks = 0;
    this.#healthyChecks = 0;
    this.#schedule();
    this.#changed();
  }

  #obey() {
    const [before, config] = [this.#obeyed, this.#memory.config];
    this.#obeyed = config;
    if (before?.apiUrl !== config?.apiUrl || before?.generation !== config?.generation) this.#use(this.#named());
  }

  #named() {
    const { apiUrl, region, role } = this.#obeyed;
    return { url: apiUrl, region, standby: role === "failover" };
  }

  async #tick() {
    await this.#permissions.take({ awaited: false });
    await this.refresh(CONFIG_SECONDS);
    if (this.#left) await this.#checkBack();
    this.#schedule();
  }

  /** Goes back to the API that config.json names once that is healthy again, later with every switch. */
  async #checkBack() {
    const left = this.#left;
    const { healthy } = await this.#watch.report(left.url);
    if (this.#left !== left) return;
    this.#checks += 1;
    this.#healthyChecks = healthy ? this.#healthyChecks + 1 : 0;
    if (this.#healthyChecks > this.#switches) this.#use(left);
  }

  #schedule() {
    clearTimeout(this.#timer);
    const growing = this.#left || !this.api ? GROWING_MS[Math.min(this.#checks + 1, GROWING_MS.length - 1)] : POLL_MS;
    this.#timer = setTimeout(() => this.#tick(), jittered(growing, 0.1));
    if (!this.api) this.#checks += 1;
  }

  #nap(milliseconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #changed(configState = this.configState) {
    this.configState = configState;
    this.dispatchEvent(new Event("change"));
  }
}
