// Renders the text in a Markdown block: emphasis, code, links, line breaks, and citation marks such as [1].

import { h } from "./dom.js";
import { decode, decodeAll, REFERENCE } from "./entities.js";

const TOKEN = new RegExp(
  [
    String.raw`\\(?<escaped>[!-/:-@[-\x60{-~])`,
    String.raw`(?<ticks>\x60+)`,
    String.raw`&(?<reference>${REFERENCE});`,
    String.raw`(?<delimiter>\*\*\*|\*\*|\*|~~|__|_)`,
    String.raw`\[(?<mark>\d{1,2})\](?!\()`,
    String.raw`(?<open>!?\[)`,
    String.raw`(?<close>\])`,
    String.raw`<(?<autolink>https?:\/\/[^\s<>]{1,2000})>`,
    String.raw`(?<bareUrl>https?:\/\/[^\s<>()[\]"'*\x60]{1,2000})`,
    String.raw`(?<br>(?: {2,}|\\)\n)`,
  ].join("|"),
  "g",
);
const DESTINATION =
  /\(\s{0,9}<?([^\s<>()]{0,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200}){0,9})>?(?:\s{1,9}"[^"\n]{0,300}")?\s{0,9}\)/y;
const TAGS = { "*": "em", _: "em", "**": "strong", __: "strong", "~~": "del" };
const MAX_OPEN = 40;

/** Returns the nodes of `text`; `createMark(number)` makes a citation mark, or null if there is no such source. */
export function renderInline(text, createMark) {
  const nodes = [];
  const open = [];
  const put = (...added) => (open.at(-1)?.nodes ?? nodes).push(...added);
  const closeAsText = (from) => {
    for (const { literal, nodes } of open.splice(from)) put(literal, ...nodes);
  };
  TOKEN.lastIndex = 0;
  let position = 0;
  for (let match; (match = TOKEN.exec(text)); position = TOKEN.lastIndex) {
    if (match.index > position) put(text.slice(position, match.index));
    const found = match.groups;
    if (found.escaped) put(found.escaped);
    else if (found.ticks) TOKEN.lastIndex = readCode(text, TOKEN.lastIndex, found.ticks, put);
    else if (found.reference) put(decode(found.reference));
    else if (found.delimiter) readDelimiter(text, match, { open, put, closeAsText });
    else if (found.mark) put(createMark(Number(found.mark)) ?? match[0]);
    else if (found.autolink) put(createUrlLink(decodeAll(found.autolink)));
    else if (found.bareUrl) TOKEN.lastIndex = readBareUrl(found.bareUrl, match.index, put);
    else if (found.br) put(h("br"));
    else if (found.open && open.length < MAX_OPEN) open.push({ literal: found.open, nodes: [] });
    else if (found.close) TOKEN.lastIndex = readLinkEnd(text, TOKEN.lastIndex, { open, put, closeAsText });
    else put(match[0]);
  }
  put(text.slice(position));
  closeAsText(0);
  return nodes.filter((node) => node !== "");
}

/** A code span ends with as many backticks as it began with, and no more (GitHub Flavored Markdown 6.3). */
function readCode(text, start, ticks, put) {
  const runs = /`+/g;
  runs.lastIndex = start;
  for (let run; (run = runs.exec(text));) {
    if (run[0].length !== ticks.length) continue;
    put(h("code", {}, stripOneSpace(text.slice(start, run.index).replaceAll("\n", " "))));
    return runs.lastIndex;
  }
  put(ticks);
  return start;
}

/** Code that starts or ends with a backtick has a space around it, which is not part of it. */
function stripOneSpace(code) {
  return code.startsWith(" ") && code.endsWith(" ") && /[^ ]/.test(code) ? code.slice(1, -1) : code;
}

function readDelimiter(text, match, { open, put, closeAsText }) {
  const literal = match[0];
  const before = text[match.index - 1] ?? " ";
  const after = text[match.index + literal.length] ?? " ";
  const inWord = literal.startsWith("_") && /\w/.test(before) && /\w/.test(after);
  const opener = open.findLastIndex((other) => other.literal === literal);
  if (opener < 0 && literal === "***" && /\S/.test(before) && closesTwo(open)) {
    readDelimiter(text, { 0: open.at(-1).literal, index: match.index }, { open, put, closeAsText });
    readDelimiter(text, { 0: open.at(-1).literal, index: match.index }, { open, put, closeAsText });
    return;
  }
  if (opener >= 0 && /\S/.test(before) && !inWord) {
    closeAsText(opener + 1);
    const { nodes } = open.pop();
    put(literal === "***" ? h("strong", {}, h("em", {}, nodes)) : h(TAGS[literal], {}, nodes));
  } else if (/\S/.test(after) && !inWord && open.length < MAX_OPEN) open.push({ literal, nodes: [] });
  else put(literal);
}

/** Whether `***` closes both * and **, one of them inside the other. */
function closesTwo(open) {
  const [outer, inner] = open.slice(-2).map(({ literal }) => literal);
  return (outer === "*" && inner === "**") || (outer === "**" && inner === "*");
}

function readLinkEnd(text, start, { open, put, closeAsText }) {
  const opener = open.findLastIndex((other) => other.literal.endsWith("["));
  if (opener < 0) {
    put("]");
    return start;
  }
  DESTINATION.lastIndex = start;
  const match = DESTINATION.exec(text);
  closeAsText(opener + 1);
  const { literal, nodes } = open.pop();
  if (!match) put(literal, ...nodes, "]");
  // An image would send a request to any host that a document names, so only its description is shown.
  else if (literal === "![") put(...nodes);
  else put(createLink(decodeAll(match[1]), nodes));
  return match ? DESTINATION.lastIndex : start;
}

function readBareUrl(address, index, put) {
  // A reference at the end belongs to the sentence, as a full stop does (GitHub Flavored Markdown 6.9).
  const trimmed = address.replace(/(?:&[a-zA-Z\d]{1,31};|[.,;:!?])+$/, "");
  put(createUrlLink(decodeAll(trimmed)));
  return index + trimmed.length;
}

function createUrlLink(address) {
  return createLink(address, [address]);
}

/** Returns a link that shows its host, unless its text is the URL itself. Unsafe schemes such as data: stay text. */
function createLink(address, nodes) {
  const url = URL.canParse(address) ? new URL(address) : null;
  const label = nodes.length > 0 ? nodes : [address];
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return h("span", {}, label);
  const anchor = h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
  for (const inner of anchor.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
  const host = url.host || url.pathname;
  if (anchor.textContent !== address || hidesHost(url, address))
    anchor.append(h("span", { className: "link-host" }, ` (${host})`));
  return anchor;
}

/** Whether a URL seems to lead to another host: a user name before an @, letters of another script, ... */
function hidesHost(url, address) {
  const plain = `${url.protocol}${url.host && `//${url.host}`}`;
  return url.username !== "" || url.password !== "" || !address.toLowerCase().startsWith(plain);
}
