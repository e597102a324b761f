// What a failure means for the person who asked or uploaded: for each cause a sentence of its own, and the way on.

import { pluralize } from "./text.js";

// By the code of a response, where the code says more than the status.
const BY_CODE = {
  forbidden: "Your account may not ask here. Sign in with another one, or tell the operator of this page.",
  upstream_denied: "A part of the service is not set up right. Its operator has to repair it.",
  upstream_missing: "A part of the service is missing. Its operator has to repair it.",
  upstream_rejected: "No answer could be made. Please {again}, or use other words.",
  model_not_ready: "The service is still starting. Wait a minute, then {again}.",
};
const BY_STATUS = {
  401: "Users of this page sign in now. Reload the page, then {again}.",
  200: "The answer could not be read. If your network has a sign-in page, sign in there, then {again}.",
  403: "The service refused the request. Try another network, or tell the operator of this page.",
  404: "The service is no longer where this page looks for it. Reload the page, then {again}.",
  500: "The service made a mistake. Please {again}. If it happens a second time, tell the operator of this page.",
  502: "A part of the service does not work at the moment. Wait a minute, then {again}.",
  503: "The service has too much to do or is starting. Wait a minute, then {again}.",
  504: "The service took too long. Please {again}.",
};

/** Returns the sentence for a failed question, and the way on: "again", "edit", "new" (conversation) or "reload". */
export function explainQuestion(error) {
  const { kind, status, message } = error;
  if (kind === "rejected" && status === 413)
    return { text: "The conversation is too long to send. Start a new one, and ask there.", way: "new" };
  if (kind === "rejected" && !BY_STATUS[status])
    return { text: `The service did not accept the question: ${message} Change it, then ask again.`, way: "edit" };
  const way = status === 401 || status === 404 ? "reload" : "again";
  return { text: explain(error, "ask again"), way };
}

/** Returns the sentence for an upload that the API did not permit. What it says about a file is for people already. */
export function explainUpload(error) {
  return error.kind === "rejected" && !BY_STATUS[error.status] ? error.message : explain(error, "upload it again");
}

/** Returns the sentence for any other failure; `again` is what the person may do. */
export function explain({ kind, status, code, retryAfter, message }, again) {
  let text = BY_CODE[code] ?? BY_STATUS[status] ?? message;
  if (kind === "throttled")
    text = `Too many requests arrive at the moment. Wait ${describeWait(retryAfter)}, then {again}.`;
  if (kind === "unconfigured") text = "This page is not set up yet. When its operator has done that, {again}.";
  if (kind === "unreachable") text = `${describeConnection()}, then {again}.`;
  return text.replace("{again}", again);
}

function describeWait(seconds) {
  return seconds > 1 ? pluralize(seconds, "second") : "a moment";
}

function describeConnection() {
  return navigator.onLine ? "No answer arrived. Check your connection" : "You are offline. Connect to the internet";
}
