// Creates the page's parts and connects them.

import { ApiRouter } from "./api-router.js";
import { ConversationView } from "./conversation-view.js";
import { Conversation } from "./conversation.js";
import { DocumentsView } from "./documents-view.js";
import { isInProgress } from "./documents.js";
import { announce, button, byId, h } from "./dom.js";
import { Ingestion } from "./ingestion.js";
import { ServerDocumentsView } from "./server-documents-view.js";
import { ServerDocuments, documentId } from "./server-documents.js";
import { Uploads } from "./uploads.js";

// By `configState`: the message if the page has an API from an earlier configuration, and the message if it has none.
const WARNINGS = {
  missing: "The page’s configuration is missing. The page is using the last known one.",
  invalid: "The page’s configuration cannot be read. The page is using the last known one.",
  unreachable: "The page’s configuration cannot be reached. The page is using the last known one.",
  older: "An older configuration was found. The page is using the last known one, which is newer.",
};
const NOT_SET_UP = "This page is not set up yet.";
const RESTORE = "Restore it with “standby reconcile”.";
/** Without any API: what the page says, and what its operator can do. */
const ERRORS = {
  missing: { text: NOT_SET_UP, hint: `The page’s config.json is missing. ${RESTORE}` },
  invalid: { text: NOT_SET_UP, hint: `The page’s config.json cannot be read. ${RESTORE}` },
  unreachable: {
    text: "The page’s configuration cannot be reached: the network or the service is interrupted. The page will try again automatically.",
  },
};

const router = new ApiRouter();
const uploads = new Uploads(router);
const ingestion = new Ingestion(router, uploads);
const serverDocuments = new ServerDocuments(router);
new DocumentsView(uploads, ingestion, serverDocuments);
new ServerDocumentsView(serverDocuments, uploads);
const conversation = new Conversation();
new ConversationView(router, conversation);
/** What the user has to know of the sign-in: `{text, label, begin}`; null while signed in, or where nobody signs in. */
let signInMessage = null;
/** The uploads that were ready before the list of the service's documents was requested. */
let listedIds = new Set();

function showStatus() {
  const { api, down, configState } = router;
  const generation = router.store.config?.generation;
  byId("region").textContent = api?.region ? `${api.region}${api.standby ? ", standby" : ""}` : "";
  byId("configuration").textContent = `${configState}, ${generation ? `generation ${generation}` : "no generation"}`;
  const message = findMessage();
  const line = byId("line");
  const hadFocus = line.contains(document.activeElement);
  if (line.dataset.shown !== `${message.text}${!api}`) line.replaceChildren(...renderMessage(message, !api));
  line.dataset.shown = `${message.text}${!api}`;
  line.className = down || !api ? "error" : "";
  if (hadFocus && document.activeElement === document.body) byId("question").focus();
}

function findMessage() {
  const { api, down, configState } = router;
  if (down && !navigator.onLine) return { text: "You are offline. The page goes on when you are connected again." };
  if (down) return { text: "The service is not responding. The page keeps trying." };
  if (!api) return ERRORS[configState] ?? { text: "" };
  if (signInMessage) return signInMessage;
  if (api.standby) return { text: "A backup location answers. New documents may be missing." };
  return { text: WARNINGS[configState] ?? "" };
}

function renderMessage({ text, hint, label, begin }, offersRetry) {
  if (begin) return [`${text} `, button(label, begin)];
  if (!text || !offersRetry) return [text];
  const again = button("Try again", () => router.refresh(5));
  return [`${text} `, again, hint ? h("details", {}, h("summary", {}, "For the operator"), hint) : ""];
}

/** Resolves to the page's SignIn; to null where users do not sign in, or if it could not be loaded. */
async function findSignIn() {
  try {
    if (!uploads.limits) await uploads.readLimits();
    const path = uploads.limits?.access;
    if (!path) return null;
    const { startSignIn } = await import("./sign-in-view.js");
    const show = ({ message }, begin) => {
      signInMessage = message && { ...message, begin };
      showStatus();
    };
    return await startSignIn(path, { uploads, clearAll, show });
  } catch {
    return null;
  }
}

function clearAll() {
  conversation.clear();
  uploads.clear();
  byId("question").focus();
  announce("The conversation and the list are cleared.");
}

/** Notes which uploads the list, which is requested now, must have. A later one may be missing in it. */
function noteListed() {
  listedIds = new Set(uploads.documents.filter(({ state }) => state === "ready").map(({ id }) => id));
}

/** Hides the uploads of this browser that the region that has them has no more: they were deleted elsewhere. */
function hideDeleted() {
  const { documents, region } = serverDocuments;
  const ids = new Set(documents.map(({ id }) => id));
  const isGone = (one) => listedIds.has(one.id) && one.region === region && !ids.has(documentId(one.key));
  for (const one of uploads.documents.filter(isGone)) uploads.remove(one);
}

function showClearButton() {
  byId("clear").hidden = conversation.isEmpty && uploads.documents.every(isInProgress);
}

/** On a small screen, the documents are shown on request. */
function showDocuments(open) {
  byId("show-documents").ariaExpanded = `${open}`;
  document.body.classList.toggle("documents-open", open);
  if (open) byId("documents").focus();
  else byId("show-documents").focus();
}

function isOpen() {
  return byId("show-documents").ariaExpanded === "true";
}

router.addEventListener("change", showStatus);
byId("show-documents").addEventListener("click", () => showDocuments(!isOpen()));
byId("close-documents").addEventListener("click", () => showDocuments(false));
addEventListener("keydown", ({ key, isComposing }) => {
  if (key === "Escape" && !isComposing && isOpen()) showDocuments(false);
});
byId("clear").addEventListener("click", clearAll);
conversation.addEventListener("change", showClearButton);
uploads.addEventListener("change", showClearButton);
serverDocuments.addEventListener("reading", noteListed);
serverDocuments.addEventListener("read", hideDeleted);
showClearButton();
router.access.start(findSignIn);
await router.start();
