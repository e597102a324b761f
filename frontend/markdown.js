// Renders Markdown as elements, never through HTML: everything else stays text, tags and scripts included.

import { h } from "./dom.js";
import { renderInline } from "./inline.js";

const MAX_CHARACTERS = 20_000;
const MAX_DEPTH = 6;

const FENCE = /^( {0,3})(`{3,}(?=[^`]*$)|~{3,})/;
const FENCE_ANYWHERE = /^([\s>]*(?:(?:[-*+]|\d{1,9}[.)])\s+)*)(`{3,}(?=[^`]*$)|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}> ?/;
const ITEM = /^( {0,9})([-*+]|\d{1,9}[.)])(?:\s+|$)/;
const TABLE_RULE = /^\s*\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*\|?\s*$/;

/** Returns the elements of a Markdown text; `createMark(number)` makes the element of a citation mark such as [1]. */
export function renderMarkdown(text, createMark = () => null) {
  if (text.length > MAX_CHARACTERS) return [h("p", { className: "plain" }, text)];
  return readBlocks(expandTabs(text.split("\n")), createMark, 0);
}

/** Replaces tabs with spaces, except in the code of fences, where they count. */
function expandTabs(lines) {
  let open = null;
  return lines.map((line) => {
    const expanded = line.replaceAll("\t", "    ");
    if (open === null) {
      const [, before, marks] = FENCE_ANYWHERE.exec(expanded) ?? [];
      if (marks) open = { marks, isIndented: before !== "" };
      return expanded;
    }
    const { marks, isIndented } = open;
    if (closesFence(line.replace(/^[\s>]+/, ""), marks)) open = null;
    return isIndented ? line.replace(/^\t+/, (tabs) => "    ".repeat(tabs.length)) : line;
  });
}

function readBlocks(lines, createMark, depth) {
  const elements = [];
  const reader = { lines, at: 0, createMark, depth };
  while (reader.at < lines.length) {
    if (lines[reader.at].trim() === "") reader.at += 1;
    else elements.push(readBlock(reader));
  }
  return elements;
}

function readBlock(reader) {
  const line = reader.lines[reader.at];
  if (FENCE.test(line)) return readFence(reader);
  if (HEADING.test(line)) return readHeading(reader);
  if (RULE.test(line)) {
    reader.at += 1;
    return h("hr");
  }
  if (QUOTE.test(line) && reader.depth < MAX_DEPTH) return readQuote(reader);
  if (ITEM.test(line) && reader.depth < MAX_DEPTH) return readList(reader);
  if (line.includes("|") && TABLE_RULE.test(reader.lines[reader.at + 1] ?? "")) return readTable(reader);
  return readParagraph(reader);
}

function readFence(reader) {
  const [, indent, marks] = FENCE.exec(reader.lines[reader.at]);
  const start = reader.at + 1;
  let end = start;
  while (end < reader.lines.length && !closesFence(reader.lines[end], marks)) end += 1;
  reader.at = end + 1;
  const indented = new RegExp(`^ {0,${indent.length}}`);
  const code = reader.lines.slice(start, end).map((line) => line.replace(indented, ""));
  return h("pre", { tabIndex: 0 }, h("code", {}, code.join("\n")));
}

/** A fence is closed by at least as many of its own marks, with nothing after them. */
function closesFence(line, marks) {
  const [, closing] = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line) ?? [];
  return closing?.startsWith(marks) ?? false;
}

function readHeading(reader) {
  const [, marks, text] = HEADING.exec(reader.lines[reader.at]);
  reader.at += 1;
  return h(marks.length < 3 ? "h3" : "h4", {}, renderInline(text, reader.createMark));
}

function readQuote(reader) {
  const inside = [];
  while (QUOTE.test(reader.lines[reader.at] ?? "")) inside.push(reader.lines[reader.at++].replace(QUOTE, ""));
  return h("blockquote", {}, readBlocks(inside, reader.createMark, reader.depth + 1));
}

function readList(reader) {
  const [, indent, bullet] = ITEM.exec(reader.lines[reader.at]);
  const ordered = /\d/.test(bullet);
  const items = [];
  for (let match; (match = ITEM.exec(reader.lines[reader.at] ?? ""));) {
    if (match[1].length < indent.length || /\d/.test(match[2]) !== ordered) break;
    items.push(h("li", {}, unwrapParagraph(readBlocks(readItem(reader, match), reader.createMark, reader.depth + 1))));
  }
  return h(ordered ? "ol" : "ul", ordered ? { start: Number.parseInt(bullet, 10) } : {}, items);
}

/** An item continues with the lines that are indented under it; after an empty line, only with those. */
function readItem(reader, [whole, indent]) {
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

/** Replaces an item's first paragraph with its text, and keeps what follows it. */
function unwrapParagraph(elements) {
  if (elements[0]?.tagName !== "P") return elements;
  return [...elements[0].childNodes, ...elements.slice(1)];
}

function readTable(reader) {
  const head = splitCells(reader.lines[reader.at]);
  const body = [];
  for (reader.at += 2; (reader.lines[reader.at] ?? "").includes("|"); reader.at += 1)
    body.push(splitCells(reader.lines[reader.at]));
  const row = (tag, texts) =>
    h(
      "tr",
      {},
      texts.slice(0, head.length).map((text) => h(tag, {}, renderInline(text, reader.createMark))),
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

/** A pipe after a backslash is part of its cell, in code too (GitHub Flavored Markdown 4.10). */
function splitCells(line) {
  return line
    .trim()
    .replace(/^\||(?<!\\)\|$/g, "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
}

function readParagraph(reader) {
  const lines = [reader.lines[reader.at++]];
  while (reader.at < reader.lines.length) {
    const line = reader.lines[reader.at];
    if (line.trim() === "" || (startsBlock(line) && reader.depth < MAX_DEPTH)) break;
    lines.push(line);
    reader.at += 1;
  }
  return h(
    "p",
    {},
    renderInline(
      lines
        .map((line) => line.trimStart())
        .join("\n")
        .trimEnd(),
      reader.createMark,
    ),
  );
}

function startsBlock(line) {
  return FENCE.test(line) || HEADING.test(line) || RULE.test(line) || QUOTE.test(line) || ITEM.test(line);
}
