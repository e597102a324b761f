// The inside of a Markdown block, as elements: emphasis, code, links, line breaks, and marks such as [1].

import { h } from "./dom.js";

const TOKEN = new RegExp(
  [
    String.raw`\\(?<escaped>[!-/:-@[-\x60{-~])`,
    String.raw`(?<ticks>\x60+)`,
    String.raw`(?<delimiter>\*\*\*|\*\*|\*|~~|__|_)`,
    String.raw`\[(?<mark>\d{1,2})\](?!\()`,
    String.raw`(?<open>!?\[)`,
    String.raw`(?<close>\])`,
    String.raw`<(?<angled>https?:\/\/[^\s<>]{1,2000})>`,
    String.raw`(?<bare>https?:\/\/[^\s<>()[\]"'*\x60]{1,2000})`,
    String.raw`(?<br>(?: {2,}|\\)\n)`,
  ].join("|"),
  "g",
);
const DESTINATION =
  /\(\s{0,9}<?([^\s<>()]{0,2000}(?:\([^\s<>()]{0,200}\)[^\s<>()]{0,200}){0,9})>?(?:\s{1,9}"[^"\n]{0,300}")?\s{0,9}\)/y;
const TAGS = { "*": "em", _: "em", "**": "strong", __: "strong", "~~": "del" };
const DEEPEST = 40;

/** Returns the nodes of `text`; `mark(number)` makes the element of a mark, or null where it means nothing. */
export function inline(text, mark) {
  const done = [];
  const open = [];
  const put = (...nodes) => (open.at(-1)?.nodes ?? done).push(...nodes);
  const giveUp = (from) => {
    for (const { literal, nodes } of open.splice(from)) put(literal, ...nodes);
  };
  TOKEN.lastIndex = 0;
  let position = 0;
  for (let match; (match = TOKEN.exec(text)); position = TOKEN.lastIndex) {
    if (match.index > position) put(text.slice(position, match.index));
    const found = match.groups;
    if (found.escaped) put(found.escaped);
    else if (found.ticks) TOKEN.lastIndex = code(text, TOKEN.lastIndex, found.ticks, put);
    else if (found.delimiter) delimiter(text, match, { open, put, giveUp });
    else if (found.mark) put(mark(Number(found.mark)) ?? match[0]);
    else if (found.angled) put(link(found.angled, [found.angled]));
    else if (found.bare) TOKEN.lastIndex = bare(found.bare, match.index, put);
    else if (found.br) put(h("br"));
    else if (found.open && open.length < DEEPEST) open.push({ literal: found.open, nodes: [] });
    else if (found.close) TOKEN.lastIndex = closeLink(text, TOKEN.lastIndex, { open, put, giveUp });
    else put(match[0]);
  }
  put(text.slice(position));
  giveUp(0);
  return done.filter((node) => node !== "");
}

function code(text, start, ticks, put) {
  const end = text.indexOf(ticks, start);
  if (end < 0 || text[end + ticks.length] === "`") {
    put(ticks);
    return start;
  }
  put(
    h(
      "code",
      {},
      text
        .slice(start, end)
        .replace(/^ (.+) $/s, "$1")
        .replaceAll("\n", " "),
    ),
  );
  return end + ticks.length;
}

function delimiter(text, match, { open, put, giveUp }) {
  const literal = match[0];
  const before = text[match.index - 1] ?? " ";
  const after = text[match.index + literal.length] ?? " ";
  const inWord = literal.startsWith("_") && /\w/.test(before) && /\w/.test(after);
  const opener = open.findLastIndex((other) => other.literal === literal);
  if (opener < 0 && literal === "***" && /\S/.test(before) && closesTwo(open)) {
    delimiter(text, { 0: open.at(-1).literal, index: match.index }, { open, put, giveUp });
    delimiter(text, { 0: open.at(-1).literal, index: match.index }, { open, put, giveUp });
    return;
  }
  if (opener >= 0 && /\S/.test(before) && !inWord) {
    giveUp(opener + 1);
    const { nodes } = open.pop();
    put(literal === "***" ? h("strong", {}, h("em", {}, nodes)) : h(TAGS[literal], {}, nodes));
  } else if (/\S/.test(after) && !inWord && open.length < DEEPEST) open.push({ literal, nodes: [] });
  else put(literal);
}

/** Whether three stars end two emphases, one inside the other. */
function closesTwo(open) {
  const [outer, inner] = open.slice(-2).map(({ literal }) => literal);
  return (outer === "*" && inner === "**") || (outer === "**" && inner === "*");
}

function closeLink(text, start, { open, put, giveUp }) {
  const opener = open.findLastIndex((other) => other.literal.endsWith("["));
  if (opener < 0) {
    put("]");
    return start;
  }
  DESTINATION.lastIndex = start;
  const match = DESTINATION.exec(text);
  giveUp(opener + 1);
  const { literal, nodes } = open.pop();
  if (!match) put(literal, ...nodes, "]");
  // An image would be a request to wherever a document says: only its description is shown.
  else if (literal === "![") put(...nodes);
  else put(link(match[1], nodes));
  return match ? DESTINATION.lastIndex : start;
}

function bare(address, index, put) {
  const trimmed = address.replace(/[.,;:!?]+$/, "");
  put(link(trimmed, [trimmed]));
  return index + trimmed.length;
}

/** A link that says where it leads, unless it reads as that very address; what is no http, https or mailto is only text. */
function link(address, nodes) {
  const url = URL.canParse(address) ? new URL(address) : null;
  const label = nodes.length > 0 ? nodes : [address];
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return h("span", {}, label);
  const anchor = h("a", { href: url.href, target: "_blank", rel: "noopener noreferrer nofollow" }, label);
  for (const inner of anchor.querySelectorAll("a")) inner.replaceWith(...inner.childNodes);
  const where = url.host || url.pathname;
  if (anchor.textContent !== address || hidesHost(url, address))
    anchor.append(h("span", { className: "where" }, ` (${where})`));
  return anchor;
}

/** Whether an address reads as if it led to another host: with a name before an @, in letters of another script, ... */
function hidesHost(url, address) {
  const plain = `${url.protocol}${url.host && `//${url.host}`}`;
  return url.username !== "" || url.password !== "" || !address.toLowerCase().startsWith(plain);
}
