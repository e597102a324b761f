// The cited passages of an answer: each can be opened, and shows its document's name and score.

import { h, name } from "./dom.js";
import { documentName, pluralize } from "./text.js";

/** Returns the list of an answer's passages, and `createMark(number)`, which makes the button that opens one. */
export function renderSources(citations) {
  const passages = citations.map(renderPassage);
  const list = h(
    "details",
    { className: "sources", open: true },
    h("summary", {}, pluralize(citations.length, "source")),
    h(
      "ol",
      {},
      passages.map((passage) => h("li", {}, passage)),
    ),
  );
  const createMark = (number) => {
    const citation = citations[number - 1];
    if (!citation) return null;
    const label = `Source ${number}: ${documentName(citation.uri)}`;
    return h(
      "button",
      {
        type: "button",
        className: "citation-mark",
        title: label,
        "aria-label": label,
        onclick: () => openPassage(list, passages[number - 1]),
      },
      `${number}`,
    );
  };
  return { list, createMark };
}

function renderPassage({ uri, text, score }, index) {
  const number = h("span", { className: "number" }, `${index + 1}`);
  const title = "How closely the passage matches the question: higher is closer";
  const shownScore = score === null ? null : h("span", { className: "score", title }, `score ${score.toFixed(2)}`);
  return h(
    "details",
    { className: "passage" },
    h("summary", {}, number, name(documentName(uri)), shownScore),
    h(
      "blockquote",
      { dir: "auto", tabIndex: 0, "aria-label": `Passage ${index + 1}` },
      text || "The passage has no text.",
    ),
  );
}

function openPassage(list, passage) {
  list.open = true;
  passage.open = true;
  passage.firstChild.focus();
  passage.scrollIntoView({ block: "nearest" });
}
