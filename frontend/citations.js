// The cited passages of an answer: each can be opened, and shows its document's name and relevance.

import { button, h, name } from "./dom.js";
import { renderMarkdown } from "./markdown.js";
import { documentId } from "./server-documents.js";
import { documentName, pluralize } from "./text.js";

const PLAIN_FILE = /\.(?:txt|csv)$/i;
// Each word with its least score; docs/adr/0094-words-for-those-who-ask.md says why.
const RELEVANCE = [
  ["high", 0.6],
  ["medium", 0.4],
];

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
  const document = documentName(uri);
  // The API says 0 for a passage without a score.
  const title = score && `Score: ${score.toFixed(2)}`;
  const relevance = score ? h("span", { className: "relevance", title }, describeRelevance(score)) : null;
  return h(
    "details",
    { className: "passage" },
    h("summary", {}, number, name(document), relevance),
    h(
      "blockquote",
      { dir: "auto", tabIndex: 0, "aria-label": `Passage ${index + 1}` },
      renderPassageText(document, text || "The passage has no text."),
    ),
    documentId(uri) ? renderOpen(documentId(uri), document) : null,
  );
}

/** Returns the button that opens a cited document. The view of the documents listens to its event. */
function renderOpen(id, document) {
  const open = ({ target }) => target.dispatchEvent(new CustomEvent("open-document", { bubbles: true, detail: id }));
  return h("p", { className: "open" }, button("Open the document", open, { ariaLabel: `Open the document: ${document}` }));
}

/** In a text or CSV file, a star is a star. The Knowledge Base makes Markdown of most other files. */
function renderPassageText(document, text) {
  return PLAIN_FILE.test(document) ? h("p", {}, text) : renderMarkdown(text);
}

/** How closely the passage matches the question. The score itself says nothing to those who ask. */
function describeRelevance(score) {
  const [word] = RELEVANCE.find(([, least]) => score >= least) ?? ["low"];
  return `Relevance: ${word}`;
}

/** Opens a passage and highlights it until another one is opened. */
function openPassage(list, passage) {
  list.open = true;
  passage.open = true;
  for (const other of list.querySelectorAll(".passage")) other.classList.toggle("current", other === passage);
  passage.firstChild.focus();
  passage.scrollIntoView({ block: "nearest" });
}
