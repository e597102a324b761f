// Elements without HTML: nothing that came from outside is ever parsed, so nothing of it can become markup.

const SAID_MS = 10_000;

/** Makes an element. `properties` are its properties (`className`), attributes (`aria-label`) or listeners (`onclick`). */
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

/** A name in its own direction: a right-to-left one cannot turn the words around it. */
export function name(text) {
  return h("bdi", { className: "name", title: text }, text);
}

export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", className: "quiet", onclick, ...properties }, label);
}

/** Says something to screen readers alone, after what is being said; what sighted people see says the same. */
export function announce(text) {
  const said = h("p", {}, text);
  byId("announcer").append(said);
  setTimeout(() => said.remove(), SAID_MS);
}
