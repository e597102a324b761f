// The OpenID Connect issuer: the Authorization Code flow with PKCE. Sources: OpenID Connect Core 1.0; RFC 7636; RFC 8707.

import { fetchText } from "./http.js";
import * as oauth from "./oauth4webapi.js";

const SETTINGS_SECONDS = 5;
const ISSUER_SECONDS = 8;
// The ID token comes from the issuer itself, so its times only tell of a browser whose clock is wrong.
const CLOCK_TOLERANCE_SECONDS = 600;
const DEFAULT_LIFE_SECONDS = 3600;

/**
 * The methods throw the errors of oauth4webapi, and those of fetch if the issuer does not respond. The tokens that they
 * return are `{access, refresh, id, claims, life}`: `refresh`, `id` and `claims` may be undefined; `life` is in ms.
 */
export class Issuer {
  #path;
  #settings = null;
  #server = null;

  /** `path` is that of the settings: `{issuer, clientId, audience, audienceParameter, scopes}`. */
  constructor(path) {
    this.#path = path;
  }

  /** Returns what `finish` needs, and the URL of the page on which the user signs in. */
  async begin() {
    await this.#discover();
    const begun = {
      verifier: oauth.generateRandomCodeVerifier(),
      state: oauth.generateRandomState(),
      nonce: oauth.generateRandomNonce(),
    };
    const url = withParameters(this.#server.authorization_endpoint, {
      client_id: this.#settings.clientId,
      redirect_uri: redirectUri(),
      response_type: "code",
      scope: this.#settings.scopes.join(" "),
      state: begun.state,
      nonce: begun.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(begun.verifier),
      code_challenge_method: "S256",
      ...this.#audience(),
    });
    return { begun, url };
  }

  /** Returns the tokens for the answer of the issuer, which is in the query of `url`. */
  async finish(url, { verifier, state, nonce }) {
    await this.#discover();
    const call = [this.#server, this.#client(), oauth.None()];
    const answer = oauth.validateAuthResponse(this.#server, this.#client(), url, state);
    const response = await oauth.authorizationCodeGrantRequest(
      ...call,
      answer,
      redirectUri(),
      verifier,
      this.#options(),
    );
    const expected = { expectedNonce: nonce, requireIdToken: true };
    return readTokens(
      await oauth.processAuthorizationCodeResponse(this.#server, this.#client(), response, expected),
    );
  }

  async refresh(refreshToken) {
    if (!this.#server) await this.#discover();
    const call = [this.#server, this.#client()];
    const response = await oauth.refreshTokenGrantRequest(...call, oauth.None(), refreshToken, this.#options());
    return readTokens(await oauth.processRefreshTokenResponse(...call, response));
  }

  /** Ends the sign-in at the issuer. Returns the URL of the page that asks the user to confirm, or null. */
  async end({ refresh, id }) {
    await this.#discover();
    const { revocation_endpoint: revokes, end_session_endpoint: ends } = this.#server;
    if (refresh && revokes)
      await oauth.revocationRequest(this.#server, this.#client(), oauth.None(), refresh, this.#options());
    const hint = id ? { id_token_hint: id } : {};
    const parameters = { client_id: this.#settings.clientId, post_logout_redirect_uri: redirectUri(), ...hint };
    return ends ? withParameters(ends, parameters) : null;
  }

  /** Asks the issuer for its endpoints. It is asked again before a redirect: it must respond now. */
  async #discover() {
    if (!this.#settings) {
      const { text } = await fetchText(this.#path, {}, { seconds: SETTINGS_SECONDS });
      this.#settings = JSON.parse(text);
    }
    const issuer = new URL(this.#settings.issuer);
    const response = await oauth.discoveryRequest(issuer, { signal: AbortSignal.timeout(ISSUER_SECONDS * 1000) });
    this.#server = await oauth.processDiscoveryResponse(issuer, response);
  }

  #client() {
    return { client_id: this.#settings.clientId, [oauth.clockTolerance]: CLOCK_TOLERANCE_SECONDS };
  }

  #audience() {
    const { audience, audienceParameter } = this.#settings;
    return audienceParameter === "none" ? {} : { [audienceParameter]: audience };
  }

  #options() {
    return { signal: AbortSignal.timeout(ISSUER_SECONDS * 1000), additionalParameters: this.#audience() };
  }
}

/** Whether the issuer itself said no, with one of OAuth's error codes. */
export function isRefusal({ error, status = 400 }) {
  return typeof error === "string" && status < 500;
}

function readTokens(result) {
  const { access_token: access, refresh_token: refresh, id_token: id, expires_in: seconds } = result;
  const claims = id ? oauth.getValidatedIdTokenClaims(result) : undefined;
  return { access, refresh, id, claims, life: (seconds ?? DEFAULT_LIFE_SECONDS) * 1000 };
}

/** The address of the page, as it is registered with the issuer. */
function redirectUri() {
  return `${location.origin}/`;
}

function withParameters(address, parameters) {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url;
}
