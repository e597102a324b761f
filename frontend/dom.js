// Creates elements without HTML: text from outside is never parsed, so it cannot become markup.

const ANNOUNCEMENT_MS = 10_000;

/** Creates an element. `properties` are properties (`className`), attributes (`aria-label`), listeners (`onclick`). */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

export function byId(id) {
  return document.getElementById(id);
}

/** A name in its own text direction: a right-to-left name cannot reorder the words around it. */
export function name(text) {
  return h("bdi", { className: "name", title: text }, text);
}

export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", className: "text-button", onclick, ...properties }, label);
}

/** Announces a text to screen readers, after earlier announcements. */
export function announce(text) {
  const paragraph = h("p", {}, text);
  byId("announcer").append(paragraph);
  setTimeout(() => paragraph.remove(), ANNOUNCEMENT_MS);
}
