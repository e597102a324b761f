// The OpenID Connect provider of a rehearsal: node provider.mjs CONFIGURATION. It serves plain HTTP on 127.0.0.1; Caddy in
// front of it has the certificate. The path /control is for the rehearsal alone, and Caddy does not forward it.
import { createHash, generateKeyPairSync, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const configuration = JSON.parse(readFileSync(process.argv[2], "utf8"));
const { issuer, port, clientId, site, users, scopes } = configuration;
const modules = createRequire(configuration.packages);
const { Provider, errors } = await import(pathToFileURL(modules.resolve("oidc-provider")));

const KEPT_KEYS = 4;
const SESSION_SECONDS = 86_400;
const COOKIE_KEYS = [randomUUID()];
const STYLE = "body{font:16px system-ui;max-width:26rem;margin:4rem auto;padding:0 1rem}label{display:block;margin:1rem 0}input,button{font:inherit;padding:.5rem;width:100%;box-sizing:border-box}";
const STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");
// A policy with `form-action` would hold the redirect back to the site, because Chromium applies it to redirects too.
const POLICY = `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'`;

/** What `POST /control` changes: the lifetime of new access tokens, their audience, and the algorithm of the first key. */
let settings = { accessTokenSeconds: configuration.accessTokenSeconds, audience: configuration.audience, algorithm: "RS256" };
const keys = [createKey("RS256"), createKey("ES256")];
const store = new Map();
let issued = 0;

function createKey(algorithm) {
  const { privateKey } =
    algorithm === "RS256"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: algorithm, kid: `${algorithm}-${randomUUID()}` };
}

/** One store for all providers of this process: a rotation creates a new provider, and sign-ins outlive it. */
class Adapter {
  #model;
  constructor(model) {
    this.#model = model;
  }
  #key(id) {
    return `${this.#model}:${id}`;
  }
  async upsert(id, payload) {
    store.set(this.#key(id), payload);
    if (payload.uid) store.set(`uid:${payload.uid}`, id);
  }
  async find(id) {
    return store.get(this.#key(id));
  }
  async findByUid(uid) {
    return this.find(store.get(`uid:${uid}`));
  }
  async findByUserCode() {}
  async consume(id) {
    store.get(this.#key(id)).consumed = Math.floor(Date.now() / 1000);
  }
  async destroy(id) {
    store.delete(this.#key(id));
  }
  async revokeByGrantId(grantId) {
    for (const [key, payload] of store) if (payload?.grantId === grantId) store.delete(key);
  }
}

function createProvider() {
  const { algorithm } = settings;
  const created = new Provider(issuer, {
    clients: [
      {
        client_id: clientId,
        token_endpoint_auth_method: "none",
        redirect_uris: [`${site}/`],
        post_logout_redirect_uris: [`${site}/`],
        grant_types: ["authorization_code", "refresh_token"],
        response_types: ["code"],
        id_token_signed_response_alg: algorithm,
      },
    ],
    adapter: Adapter,
    jwks: { keys: structuredClone(keys) },
    pkce: { required: () => true },
    scopes,
    claims: { openid: ["sub", "name"] },
    conformIdTokenClaims: false,
    findAccount: (_context, id) => users[id] && { accountId: id, claims: () => ({ sub: id, name: users[id].name }) },
    extraTokenClaims: (_context, { accountId }) => users[accountId]?.claims ?? {},
    issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
    rotateRefreshToken: true,
    loadExistingGrant: grantEverything,
    interactions: { url: (_context, { uid }) => `/login/${uid}` },
    renderError: (context, { error, error_description: text }) => {
      context.set("Content-Security-Policy", POLICY);
      context.type = "html";
      context.body = page("Sign-in failed", `<p>${escape(`${error}: ${text ?? ""}`)}</p>`);
    },
    cookies: { keys: COOKIE_KEYS },
    ttl: {
      AccessToken: () => settings.accessTokenSeconds,
      AuthorizationCode: 60,
      Grant: SESSION_SECONDS,
      IdToken: 300,
      Interaction: 600,
      RefreshToken: SESSION_SECONDS,
      Session: SESSION_SECONDS,
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: showSignOut, postLogoutSuccessSource: showSignedOut },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => configuration.audience,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== configuration.audience) throw new errors.InvalidTarget();
          const { accessTokenSeconds, audience } = settings;
          return {
            scope: scopes.join(" "),
            audience,
            accessTokenFormat: "jwt",
            accessTokenTTL: accessTokenSeconds,
            jwt: { sign: { alg: settings.algorithm } },
          };
        },
      },
    },
  });
  created.proxy = true;
  created.on("access_token.issued", () => (issued += 1));
  created.on("server_error", (_context, error) => console.error(error));
  return created;
}

/** The page is a first-party client: its users are not asked for their consent. */
async function grantEverything({ oidc }) {
  const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope(scopes.join(" "));
  grant.addResourceScope(configuration.audience, scopes.join(" "));
  await grant.save();
  return grant;
}

function showSignOut(context, form) {
  context.set("Content-Security-Policy", POLICY);
  context.body = page("Sign out", `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
}

function showSignedOut(context) {
  context.set("Content-Security-Policy", POLICY);
  context.body = page("Signed out", "<p>You are signed out.</p>");
}

function page(title, body) {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><style>${STYLE}</style><h1>${title}</h1>${body}`;
}

function loginPage(uid, failed) {
  const known = Object.entries(users).map(([id, { password, note }]) => `<li>${escape(`${id}, ${password}: ${note}`)}</li>`);
  return page(
    "Sign in",
    `${failed ? '<p role="alert">The name or the password is wrong.</p>' : ""}
<form method="post" action="/login/${uid}">
<label>Name <input name="login" autocomplete="username" autofocus></label>
<label>Password <input name="password" type="password" autocomplete="current-password"></label>
<button>Sign in</button></form>
<p>Users of this rehearsal, with their passwords:</p><ul>${known.join("")}</ul>`,
  );
}

function escape(text) {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

async function read(request) {
  let body = "";
  for await (const part of request) body += part;
  return body;
}

async function logIn(request, response, uid) {
  response.setHeader("Content-Security-Policy", POLICY);
  response.setHeader("Content-Type", "text/html; charset=utf-8");
  if (request.method !== "POST") return response.end(loginPage(uid, false));
  const form = new URLSearchParams(await read(request));
  const name = form.get("login") ?? "";
  if (!Object.hasOwn(users, name) || users[name].password !== form.get("password"))
    return response.end(loginPage(uid, true));
  return provider.interactionFinished(request, response, { login: { accountId: name } });
}

/** `rotate`: an algorithm, for a new first key; the earlier keys still verify. `forget`: end every sign-in. */
async function control(request, response) {
  if (request.method === "POST") {
    const { rotate, forget, ...changes } = JSON.parse(await read(request));
    settings = { ...settings, ...changes };
    if (forget) store.clear();
    if (rotate) {
      settings.algorithm = rotate;
      keys.unshift(createKey(rotate));
      keys.splice(KEPT_KEYS);
      provider = createProvider();
      handle = provider.callback();
    }
  }
  response.setHeader("Content-Type", "application/json");
  response.end(JSON.stringify({ ...settings, issued, keys: keys.map(({ kid }) => kid) }));
}

let provider = createProvider();
let handle = provider.callback();

createServer(async (request, response) => {
  const [, uid] = /^\/login\/([\w-]+)$/.exec(request.url) ?? [];
  try {
    if (request.url === "/control") await control(request, response);
    else if (uid) await logIn(request, response, uid);
    else await handle(request, response);
  } catch (error) {
    console.error(error);
    response.statusCode = 400;
    response.end(page("Sign-in failed", "<p>Go back to the site, and sign in again.</p>"));
  }
}).listen(port, "127.0.0.1");
