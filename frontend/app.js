// Puts the page together.

import { Chat } from "./conversation-view.js";
import { Conversation } from "./conversation.js";
import { isGoing } from "./documents.js";
import { announce, button, byId } from "./dom.js";
import { Ingestion } from "./ingestion.js";
import { readLimits } from "./limits.js";
import { Panel } from "./documents-view.js";
import { Service } from "./api-router.js";
import { Uploads } from "./uploads.js";

// With an API known, a troubled config.json is worth a remark; without one, it is all that there is to say.
const REMARKS = {
  missing: "The page’s configuration is missing: it goes on with the last one it knew.",
  malformed: "The page’s configuration cannot be read: it goes on with the last one it knew.",
  unreachable: "The page’s configuration cannot be reached: it goes on with the last one it knew.",
  older: "An older configuration was found: the page goes on with the newer one it knows.",
};
const STOPPED = {
  missing:
    "This page is not set up yet: its configuration, config.json, is missing. Whoever runs the page can put it back with “standby reconcile”.",
  malformed:
    "This page’s configuration, config.json, cannot be read. Whoever runs the page can put it right with “standby reconcile”.",
  unreachable:
    "This page’s configuration cannot be reached: the network, or the service, is interrupted. The page tries again by itself.",
};

const service = new Service();
const uploads = new Uploads(service);
const ingestion = new Ingestion(service, uploads);
const panel = new Panel(uploads, ingestion);
const conversation = new Conversation();
new Chat(service, conversation);

function showService() {
  const { api, down, configState } = service;
  byId("region").textContent = api?.region ?? "";
  byId("region").hidden = !api?.region;
  let line = "";
  if (down) line = "No region answers at the moment. The page goes on trying.";
  else if (!api) line = STOPPED[configState] ?? "";
  else if (api.standby) line = "Answering from the standby region";
  else line = REMARKS[configState] ?? "";
  const parts = !api && line ? [`${line} `, button("Try again", () => service.refresh(5))] : [line];
  const held = byId("line").contains(document.activeElement);
  if (byId("line").textContent !== (line && !api ? `${line} Try again` : line)) byId("line").replaceChildren(...parts);
  byId("line").className = down || !api ? "trouble" : "";
  if (held && document.activeElement === document.body) byId("question").focus();
}

function forget() {
  conversation.forget();
  uploads.forgetAll();
  byId("question").focus();
  announce("The conversation and the list are cleared.");
}

function offerToForget() {
  byId("forget").hidden = !conversation.isKept && uploads.documents.every(isGoing);
}

function toggleDocuments() {
  const toggle = byId("show-documents");
  const open = toggle.ariaExpanded !== "true";
  toggle.ariaExpanded = `${open}`;
  document.body.classList.toggle("documents-open", open);
  if (open) byId("documents").focus();
}

service.addEventListener("change", showService);
byId("show-documents").addEventListener("click", toggleDocuments);
byId("forget").addEventListener("click", forget);
conversation.addEventListener("change", offerToForget);
uploads.addEventListener("change", offerToForget);
offerToForget();
await service.start();
uploads.limits = await readLimits();
panel.showLimits();
