// Shows an answer: its text, its sources, and when and where it was made.

import { renderSources } from "./citations.js";
import { addCopyButtons, createCopyButton } from "./copy.js";
import { h } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { formatTime } from "./text.js";

/** Returns the elements of an answer. */
export function renderAnswer({ text, citations, region, at }) {
  const { list, createMark } = renderSources(citations);
  const body = h(
    "div",
    { className: "answer", dir: "auto" },
    text ? renderMarkdown(text, createMark) : h("p", {}, "The answer was empty."),
  );
  addCopyButtons(body);
  const copy = createCopyButton("Copy", text);
  return [body, citations.length > 0 ? list : null, h("footer", {}, renderOrigin(region, at), copy)];
}

/** The region is a detail: it says nothing to those who ask. */
function renderOrigin(region, at) {
  const time = at ? formatTime(at) : "";
  if (!region) return h("span", {}, time);
  return h(
    "details",
    { className: "origin" },
    h("summary", {}, time ? `Answered at ${time}` : "Answered"),
    h("span", {}, "Region: ", h("span", { className: "region" }, region)),
  );
}
