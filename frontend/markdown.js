// Markdown as elements. There is no way through HTML here: what is no Markdown stays text, tags and scripts included.

import { h } from "./dom.js";
import { inline } from "./inline.js";

const LONGEST = 20_000;
const DEEPEST = 6;

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,9})([-*+]|\d{1,9}[.)])(?:\s+|$)/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Returns the elements of a Markdown text; `mark(number)` makes those of marks such as [1]. */
export function markdown(text, mark = () => null) {
  if (text.length > LONGEST) return [h("p", { className: "plain" }, text)];
  return blocks(text.replaceAll("\t", "    ").split("\n"), mark, 0);
}

function blocks(lines, mark, depth) {
  const found = [];
  const reader = { lines, at: 0, mark, depth };
  while (reader.at < lines.length) {
    if (lines[reader.at].trim() === "") reader.at += 1;
    else found.push(block(reader));
  }
  return found;
}

function block(reader) {
  const line = reader.lines[reader.at];
  if (FENCE.test(line)) return fence(reader);
  if (HEADING.test(line)) return heading(reader);
  if (RULE.test(line)) {
    reader.at += 1;
    return h("hr");
  }
  if (QUOTE.test(line) && reader.depth < DEEPEST) return quote(reader);
  if (ITEM.test(line) && reader.depth < DEEPEST) return list(reader);
  if (line.includes("|") && TABLE_RULE.test(reader.lines[reader.at + 1] ?? "")) return table(reader);
  return paragraph(reader);
}

function fence(reader) {
  const [, mark] = FENCE.exec(reader.lines[reader.at]);
  const start = reader.at + 1;
  let end = start;
  while (end < reader.lines.length && !reader.lines[end].trim().startsWith(mark)) end += 1;
  reader.at = end + 1;
  return h("pre", { tabIndex: 0 }, h("code", {}, reader.lines.slice(start, end).join("\n")));
}

function heading(reader) {
  const [, marks, text] = HEADING.exec(reader.lines[reader.at]);
  reader.at += 1;
  return h(marks.length < 3 ? "h3" : "h4", {}, inline(text, reader.mark));
}

function quote(reader) {
  const inside = [];
  while (QUOTE.test(reader.lines[reader.at] ?? "")) inside.push(reader.lines[reader.at++].replace(QUOTE, ""));
  return h("blockquote", {}, blocks(inside, reader.mark, reader.depth + 1));
}

/** A list's items: an item goes on with what is indented under it, and, after an empty line, only with that. */
function list(reader) {
  const [, indent, bullet] = ITEM.exec(reader.lines[reader.at]);
  const ordered = /\d/.test(bullet);
  const items = [];
  for (let match; (match = ITEM.exec(reader.lines[reader.at] ?? ""));) {
    if (match[1].length < indent.length || /\d/.test(match[2]) !== ordered) break;
    items.push(h("li", {}, unwrapped(blocks(item(reader, match), reader.mark, reader.depth + 1))));
  }
  return h(ordered ? "ol" : "ul", ordered ? { start: Number.parseInt(bullet, 10) } : {}, items);
}

function item(reader, [whole, indent]) {
  const inside = [reader.lines[reader.at].slice(whole.length)];
  const deeper = indent.length + 2;
  for (reader.at += 1; reader.at < reader.lines.length; reader.at += 1) {
    const line = reader.lines[reader.at];
    const indented = line.search(/\S/) >= deeper;
    const empty = line.trim() === "";
    const after = reader.lines[reader.at + 1] ?? "";
    if (empty ? after.search(/\S/) < deeper : !indented && (startsBlock(line) || inside.at(-1) === "")) break;
    inside.push(line.slice(Math.min(Math.max(line.search(/\S/), 0), whole.length)));
  }
  while ((reader.lines[reader.at] ?? "x").trim() === "" && ITEM.test(reader.lines[reader.at + 1] ?? "")) reader.at += 1;
  return inside;
}

/** An item of one paragraph is that paragraph's text; one with a list below it keeps both. */
function unwrapped(elements) {
  if (elements[0]?.tagName !== "P") return elements;
  return [...elements[0].childNodes, ...elements.slice(1)];
}

function table(reader) {
  const head = cells(reader.lines[reader.at]);
  const body = [];
  for (reader.at += 2; (reader.lines[reader.at] ?? "").includes("|"); reader.at += 1)
    body.push(cells(reader.lines[reader.at]));
  const row = (tag, texts) =>
    h(
      "tr",
      {},
      texts.slice(0, head.length).map((text) => h(tag, {}, inline(text, reader.mark))),
    );
  const content = [
    h("thead", {}, row("th", head)),
    h(
      "tbody",
      {},
      body.map((texts) => row("td", texts)),
    ),
  ];
  return h("div", { className: "scroll", tabIndex: 0, role: "group", "aria-label": "Table" }, h("table", {}, content));
}

function cells(line) {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}

function paragraph(reader) {
  const lines = [reader.lines[reader.at++]];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at];
    if (line.trim() === "" || (startsBlock(line) && reader.depth < DEEPEST)) break;
    lines.push(line);
    reader.at += 1;
  }
  return h(
    "p",
    {},
    inline(
      lines
        .map((line) => line.trimStart())
        .join("\n")
        .trimEnd(),
      reader.mark,
    ),
  );
}

function startsBlock(line) {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}
