// Chooses the API that requests go to, and fails over to the other region's API when that one fails.

import { Access } from "./access.js";
import { ConfigStore, readConfig, readConfigOnFirstVisit } from "./config.js";
import { CallError } from "./http.js";
import { checkHealth, LivenessMonitor, UPLOAD_LIMITS } from "./liveness.js";
import { RequestBudget } from "./rate-limit.js";
import { onChangeInOtherTab } from "./storage.js";
import { EndablePause, jitter, pause, rejectOnAbort } from "./wait.js";

const CONFIG_SECONDS = 5;
const CONFIG_SECONDS_IN_RECOVERY = 1;
// A question looks at config.json first if the last look is older, so that after a failover no question goes to the
// region that was left. It waits no longer than this, because a known API is better than a late answer.
const FRESH_MS = 5_000;
const LOOK_MS = 1_000;
const HEALTH_SECONDS = 2;
// Less than the 75 s within which an open page in which nobody asks follows a planned failover.
const POLL_MS = 55_000;
const BACKOFF_MS = [5_000, 10_000, 20_000, 40_000, 55_000];

/** Dispatches "change" whenever `api`, `down` or `configState` has changed. */
export class ApiRouter extends EventTarget {
  /** The API in use: `{url, region, standby}`; null while none is known. */
  api = null;
  /** Whether every known API is down. */
  down = false;
  /** The result of the last read of config.json: "valid", "older", "missing", "invalid" or "unreachable". */
  configState = "valid";
  store = new ConfigStore();

  #budget = new RequestBudget();
  #monitor = new LivenessMonitor(this.#budget);
  access = new Access(this.#monitor);
  #appliedConfig = null;
  /** The API that config.json names, while the page has failed over from it; otherwise null. */
  #failedOverFrom = null;
  #failovers = 0;
  #healthyChecks = 0;
  #backoffStep = 0;
  #recovery = null;
  #retry = new EndablePause();
  #lookedAt = -Infinity;
  #pollTimer = 0;

  /** Reads config.json now and about once a minute while the page is visible. */
  async start() {
    await this.refresh(CONFIG_SECONDS);
    this.#schedulePoll();
    document.addEventListener("visibilitychange", () => this.#retry.end());
    addEventListener("online", () => this.retryNow());
    onChangeInOtherTab("config", () => {
      this.store.loadNewer();
      this.#applyConfig();
    });
  }

  /**
   * Requests `path` from the API in use. If that one fails, asks the other region's. If both are down, retries until
   * one responds. `json` makes it a POST, which must be safe to repeat. Returns `{body, api}`. Throws CallError.
   */
  async call(path, { json, signal } = {}) {
    const failures = new Map();
    if (json && this.api && performance.now() - this.#lookedAt > FRESH_MS) {
      await Promise.race([this.refresh(CONFIG_SECONDS), pause(LOOK_MS, signal)]);
    }
    for (;;) {
      const api = await this.#requireApi();
      try {
        return { api, body: await this.#request(api, path, { json, signal }) };
      } catch (error) {
        if (!error.isApiFailure) throw error;
        // A server error was retried already: it counts twice. Stop when the APIs are up and still fail the request.
        failures.set(api.url, (failures.get(api.url) ?? 0) + (error.kind === "server-error" ? 2 : 1));
        if (failures.get(api.url) >= 4 || this.store.apiUrls.every((url) => failures.get(url) >= 2)) throw error;
        await this.recover(api, signal, error.kind === "unreachable");
      }
    }
  }

  /** Runs an upload to the bucket in the API's region, with the liveness limits of uploads. */
  runUpload(api, task, signal) {
    return this.#monitor.run(api.url, task, { signal, limits: UPLOAD_LIMITS });
  }

  /** Returns once an API that responds is in use: another one, or `failed` again after it has recovered. */
  async recover(failed, signal, dead = false) {
    if (this.api?.url !== failed.url) return;
    this.#recovery ??= this.#searchUntilFound(failed, dead).finally(() => (this.#recovery = null));
    await Promise.race([this.#recovery, rejectOnAbort(signal)]);
  }

  /** Ends the current pause between two attempts. */
  retryNow() {
    this.#budget.addForRetry();
    this.#retry.end();
  }

  /** After another service in the region failed, returns whether the API in use is healthy. If not, recovers. */
  async confirmHealthy(api, signal) {
    if (this.api.url !== api.url) return false;
    const { healthy } = await Promise.race([this.#monitor.checkNow(api.url, signal), rejectOnAbort(signal)]);
    if (healthy) return true;
    await this.recover(api, signal);
    return false;
  }

  /** Does what `call` does, once, in the other region: for a region whose API is healthy and whose bucket is not. */
  async callOtherRegion(path, options) {
    const url = this.store.apiUrls.find((known) => known !== this.api?.url);
    if (!url) return this.call(path, options);
    const api = { url, region: "", standby: true };
    return { api, body: await this.#request(api, path, options) };
  }

  /** Reads config.json and applies it. */
  async refresh(seconds) {
    const read = this.store.config ? readConfig : readConfigOnFirstVisit;
    const { state, config } = await read(seconds, () => this.#notify("unreachable"));
    this.#lookedAt = performance.now();
    const isOlder = state === "valid" && !this.store.accept(config);
    this.#applyConfig();
    this.#notify(isOlder ? "older" : state);
  }

  /** Sets the region that a response names: config.json names no region for the fallback API. */
  #setRegion(url, region) {
    if (this.api?.url !== url || typeof region !== "string" || this.api.region === region) return;
    this.api = { ...this.api, region };
    this.#notify();
  }

  async #requireApi() {
    if (!this.api) await this.refresh(CONFIG_SECONDS);
    if (!this.api) throw new CallError("unconfigured", "The page is not configured yet.");
    return this.api;
  }

  /** Repeats the request once after a server error or a 429. A 429 does not count as an API failure. */
  async #request({ url }, path, { json, signal }) {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const body = await this.access.request(url, path, { json, signal });
        this.#setRegion(url, body.region);
        return body;
      } catch (error) {
        if (attempt === 1 || (error.kind !== "server-error" && error.kind !== "throttled")) throw error;
        await pause(error.kind === "throttled" ? Math.min(error.retryAfter, 10) * 1000 : jitter(500), signal);
      }
    }
  }

  async #searchUntilFound(failed, dead) {
    await pause(Math.random() * 200);
    for (let round = 0; !(await this.#search(failed, round, dead)); round += 1) {
      this.#setDown(true);
      await this.#retry.start(jitter(BACKOFF_MS[Math.min(round, BACKOFF_MS.length - 1)]));
    }
    this.#setDown(false);
  }

  #setDown(down) {
    this.down = down;
    this.#budget.setOutage(down);
    this.#notify();
  }

  /**
   * Looks for a healthy API: reads config.json, then checks the other APIs, and in later rounds the failed one too.
   * Uses an unhealthy API that responds in place of a dead one, or if a whole round has found no healthy one.
   */
  async #search(failed, round, dead) {
    await this.#budget.spend({ userWaits: true });
    await this.refresh(CONFIG_SECONDS_IN_RECOVERY);
    if (this.api.url !== failed.url) return true;
    let unhealthy = null;
    for (const url of this.store.apiUrls) {
      if (round === 0 && url === failed.url) continue;
      await this.#budget.spend({ userWaits: true });
      const { healthy, responds, region } = await checkHealth(url, HEALTH_SECONDS);
      if (healthy) return this.#switchTo(url, region);
      if (responds && (unhealthy === null || unhealthy === failed.url)) unhealthy = url;
    }
    return (dead || round > 0) && unhealthy !== null && this.#switchTo(unhealthy, "");
  }

  #switchTo(url, region) {
    const configured = this.#configuredApi();
    if (url !== this.api.url && url === configured.url) this.#use(configured);
    else if (url !== this.api.url) {
      this.#failovers += 1;
      this.#use({ url, region, standby: !configured.standby }, configured);
    }
    return true;
  }

  #use(api, failedOverFrom = null) {
    this.api = api;
    this.#failedOverFrom = failedOverFrom;
    this.#backoffStep = 0;
    this.#healthyChecks = 0;
    this.#schedulePoll();
    this.#notify();
  }

  /** Uses the API that config.json names if its URL or its generation has changed. */
  #applyConfig() {
    const [before, after] = [this.#appliedConfig, this.store.config];
    this.#appliedConfig = after;
    if (before?.apiUrl !== after?.apiUrl || before?.generation !== after?.generation) this.#use(this.#configuredApi());
  }

  #configuredApi() {
    const { apiUrl, region, role } = this.#appliedConfig;
    return { url: apiUrl, region, standby: role === "failover" };
  }

  async #poll() {
    await this.#budget.spend({ userWaits: false });
    await this.refresh(CONFIG_SECONDS);
    if (this.#failedOverFrom) await this.#checkFailback();
    this.#schedulePoll();
  }

  /** Fails back to the API of config.json after N + 1 healthy checks in a row, where N is the number of failovers. */
  async #checkFailback() {
    const configured = this.#failedOverFrom;
    const { healthy } = await this.#monitor.checkNow(configured.url);
    if (this.#failedOverFrom !== configured) return;
    this.#backoffStep += 1;
    this.#healthyChecks = healthy ? this.#healthyChecks + 1 : 0;
    if (this.#healthyChecks > this.#failovers) this.#use(configured);
  }

  #schedulePoll() {
    clearTimeout(this.#pollTimer);
    const backoff = BACKOFF_MS[Math.min(this.#backoffStep + 1, BACKOFF_MS.length - 1)];
    const interval = this.#failedOverFrom || !this.api ? backoff : POLL_MS;
    this.#pollTimer = setTimeout(() => this.#poll(), jitter(interval, 0.1));
    if (!this.api) this.#backoffStep += 1;
  }

  #notify(configState = this.configState) {
    this.configState = configState;
    this.dispatchEvent(new Event("change"));
  }
}
