// Creates the page's parts and connects them.

import { ApiRouter } from "./api-router.js";
import { ConversationView } from "./conversation-view.js";
import { Conversation } from "./conversation.js";
import { DocumentsView } from "./documents-view.js";
import { isInProgress } from "./documents.js";
import { announce, button, byId } from "./dom.js";
import { Ingestion } from "./ingestion.js";
import { readLimits } from "./limits.js";
import { Uploads } from "./uploads.js";

// By `configState`: the message if the page has an API from an earlier configuration, and the message if it has none.
const WARNINGS = {
  missing: "The page’s configuration is missing. The page is using the last known one.",
  invalid: "The page’s configuration cannot be read. The page is using the last known one.",
  unreachable: "The page’s configuration cannot be reached. The page is using the last known one.",
  older: "An older configuration was found. The page is using the last known one, which is newer.",
};
const ERRORS = {
  missing:
    "This page is not set up yet: its config.json is missing. The operator can restore it with “standby reconcile”.",
  invalid:
    "This page’s configuration, config.json, cannot be read. The operator can repair it with “standby reconcile”.",
  unreachable:
    "This page’s configuration cannot be reached: the network or the service is interrupted. The page will try again automatically.",
};

const router = new ApiRouter();
const uploads = new Uploads(router);
const ingestion = new Ingestion(router, uploads);
const documentsView = new DocumentsView(uploads, ingestion);
const conversation = new Conversation();
new ConversationView(router, conversation);

function showStatus() {
  const { api, down, configState } = router;
  byId("region").textContent = api?.region ?? "";
  byId("region").hidden = !api?.region;
  let text = "";
  if (down && !navigator.onLine) text = "You are offline. The page goes on when you are connected again.";
  else if (down) text = "No region is responding. The page keeps trying.";
  else if (!api) text = ERRORS[configState] ?? "";
  else if (api.standby) text = "Answering from the standby region";
  else text = WARNINGS[configState] ?? "";
  const offersRetry = !api && text;
  const content = offersRetry ? [`${text} `, button("Try again", () => router.refresh(5))] : [text];
  const line = byId("line");
  const hadFocus = line.contains(document.activeElement);
  if (line.textContent !== (offersRetry ? `${text} Try again` : text)) line.replaceChildren(...content);
  line.className = down || !api ? "error" : "";
  if (hadFocus && document.activeElement === document.body) byId("question").focus();
}

function clearAll() {
  conversation.clear();
  uploads.clear();
  byId("question").focus();
  announce("The conversation and the list are cleared.");
}

function showClearButton() {
  byId("clear").hidden = conversation.isEmpty && uploads.documents.every(isInProgress);
}

function toggleDocuments() {
  const toggle = byId("show-documents");
  const open = toggle.ariaExpanded !== "true";
  toggle.ariaExpanded = `${open}`;
  document.body.classList.toggle("documents-open", open);
  if (open) byId("documents").focus();
}

router.addEventListener("change", showStatus);
byId("show-documents").addEventListener("click", toggleDocuments);
byId("clear").addEventListener("click", clearAll);
conversation.addEventListener("change", showClearButton);
uploads.addEventListener("change", showClearButton);
showClearButton();
await router.start();
uploads.limits = await readLimits();
documentsView.showLimits();
