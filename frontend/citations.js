// The passages that an answer rests on: each can be opened, and names its document and score.

import { h, name } from "./dom.js";
import { documentName, plural } from "./text.js";

/** Returns the list of an answer's passages, and `mark(number)`, which makes the mark that opens one of them. */
export function sources(citations) {
  const items = citations.map(passage);
  const list = h(
    "details",
    { className: "sources", open: true },
    h("summary", {}, plural(citations.length, "source")),
    h(
      "ol",
      {},
      items.map((details) => h("li", {}, details)),
    ),
  );
  const mark = (number) => {
    const citation = citations[number - 1];
    if (!citation) return null;
    const label = `Source ${number}: ${documentName(citation.uri)}`;
    return h(
      "button",
      {
        type: "button",
        className: "mark",
        title: label,
        "aria-label": label,
        onclick: () => show(list, items[number - 1]),
      },
      `${number}`,
    );
  };
  return { list, mark };
}

function passage({ uri, text, score }, index) {
  const label = h("span", { className: "number" }, `${index + 1}`);
  const figure =
    score === null
      ? null
      : h(
          "span",
          { className: "score", title: "How near the passage is to the question: higher is nearer" },
          `score ${score.toFixed(2)}`,
        );
  return h(
    "details",
    { className: "passage" },
    h("summary", {}, label, name(documentName(uri)), figure),
    h(
      "blockquote",
      { dir: "auto", tabIndex: 0, "aria-label": `Passage ${index + 1}` },
      text || "The passage has no text.",
    ),
  );
}

function show(list, details) {
  list.open = true;
  details.open = true;
  details.firstChild.focus();
  details.scrollIntoView({ block: "nearest" });
}
