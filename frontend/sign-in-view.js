// Connects the sign-in with the page: keeps the user's work on the way to the issuer and back, and offers to sign out.

import { announce, button, byId } from "./dom.js";
import { restoreFiles, storeFiles } from "./kept-files.js";
import { SignIn } from "./sign-in.js";
import { load, remove, save, TAB } from "./storage.js";

/**
 * Returns the SignIn, once it is known whether a user is signed in. `path` is that of its settings. `clearAll` deletes
 * what a user has left in this browser; `show(signIn, begin)` shows its message, with a button that calls `begin`.
 */
export async function startSignIn(path, { uploads, clearAll, show }) {
  const signIn = new SignIn(path);
  const signOut = button("Sign out", () => {
    clearAll();
    signIn.signOut();
  });
  byId("show-documents").before(signOut);
  const change = () => {
    signOut.hidden = signIn.state !== "signed-in";
    signOut.title = signIn.name;
    show(signIn, () => signIn.signIn(() => keepWork(uploads)));
    if (!signOut.hidden) continueUploads(uploads);
  };
  signIn.addEventListener("change", change);
  signIn.addEventListener("account", () => {
    clearAll();
    remove("work", TAB);
  });
  signOut.hidden = true;
  await signIn.start();
  change();
  if (signIn.name) announce(`Signed in as ${signIn.name}.`);
  restoreWork(uploads);
  return signIn;
}

async function keepWork(uploads) {
  const work = { key: crypto.randomUUID(), question: byId("question").value };
  save("work", work, TAB);
  await storeFiles(work.key, uploads);
}

function restoreWork(uploads) {
  const { key = "", question = "" } = load("work", {}, TAB);
  remove("work", TAB);
  const field = byId("question");
  if (!field.value) field.value = question;
  restoreFiles(key, uploads);
}

/** Goes on with the uploads that were interrupted because the user had to sign in. */
function continueUploads(uploads) {
  const waits = ({ state, needsSignIn, file }) => state === "interrupted" && needsSignIn && file;
  for (const document of uploads.documents.filter(waits)) uploads.retry(document);
}
