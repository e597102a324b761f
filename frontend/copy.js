// Buttons that copy an answer or a piece of code.

import { announce, button, h } from "./dom.js";

const CONFIRMATION_MS = 2000;

/** Returns a button that copies the text, and says whether the browser allowed it. */
export function createCopyButton(label, text) {
  const copy = button(label, async () => {
    try {
      await navigator.clipboard.writeText(text);
      copy.textContent = "Copied";
    } catch {
      copy.textContent = "Copying is not allowed here";
    }
    announce(copy.textContent);
    setTimeout(() => (copy.textContent = label), CONFIRMATION_MS);
  });
  return copy;
}

/** Adds a button to every piece of code inside the element. */
export function addCopyButtons(element) {
  for (const code of element.querySelectorAll("pre")) {
    const around = h("div", { className: "code" });
    code.replaceWith(around);
    around.append(createCopyButton("Copy code", code.textContent), code);
  }
}
