// Character references such as &nbsp; and &#8364;: numeric ones, and HTML 4's names (w3.org/TR/html401, chapter 24).
//
// HTML 5's other 1,900 names would be a fifth of the page, and models hardly write them: they stay text. The browser's
// own decoder is not used, because it is its HTML parser.

import { clean } from "./text.js";

const LATIN_1 =
  "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro " +
  "para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil " +
  "Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave " +
  "Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml " +
  "igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute " +
  "thorn yuml";
// Σ has two small forms, so a place in the row of capitals is empty.
const GREEK =
  "Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi Rho - Sigma Tau Upsilon Phi " +
  "Chi Psi Omega - - - - - - - alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi " +
  "rho sigmaf sigma tau upsilon phi chi psi omega";
const OTHERS =
  'amp& lt< gt> quot" apos\' OEligŒ oeligœ ScaronŠ scaronš YumlŸ fnofƒ circˆ tilde˜ thetasymϑ upsihϒ pivϖ ensp\u2002 ' +
  "emsp\u2003 thinsp\u2009 zwnj\u200c zwj\u200d ndash– mdash— lsquo‘ rsquo’ sbquo‚ ldquo“ rdquo” bdquo„ dagger† Dagger‡ " +
  "bull• hellip… permil‰ prime′ Prime″ lsaquo‹ rsaquo› oline‾ frasl⁄ euro€ imageℑ weierp℘ realℜ trade™ alefsymℵ larr← " +
  "uarr↑ rarr→ darr↓ harr↔ crarr↵ lArr⇐ uArr⇑ rArr⇒ dArr⇓ hArr⇔ forall∀ part∂ exist∃ empty∅ nabla∇ isin∈ notin∉ ni∋ " +
  "prod∏ sum∑ minus− lowast∗ radic√ prop∝ infin∞ ang∠ and∧ or∨ cap∩ cup∪ int∫ there4∴ sim∼ cong≅ asymp≈ ne≠ equiv≡ le≤ " +
  "ge≥ sub⊂ sup⊃ nsub⊄ sube⊆ supe⊇ oplus⊕ otimes⊗ perp⊥ sdot⋅ lceil⌈ rceil⌉ lfloor⌊ rfloor⌋ lang⟨ rang⟩ loz◊ spades♠ " +
  "clubs♣ hearts♥ diams♦";

const fromCode = (names, first) =>
  names.split(" ").map((name, index) => [name, String.fromCodePoint(first + index)]);
const NAMED = new Map([
  ...fromCode(LATIN_1, 0xa0),
  ...fromCode(GREEK, 0x391),
  // Marks of a direction are invisible.
  ["lrm", ""],
  ["rlm", ""],
  ...OTHERS.match(/[a-zA-Z0-9]+[^a-zA-Z0-9]/g).map((pair) => [pair.slice(0, -1), pair.at(-1)]),
]);

/** A reference without its & and ; as in CommonMark 6.2. */
export const REFERENCE = String.raw`#\d{1,7}|#[xX][\da-fA-F]{1,6}|[a-zA-Z][a-zA-Z\d]{1,31}`;
const REFERENCES = new RegExp(`&(${REFERENCE});`, "g");

/** Returns the character that `&${reference};` stands for; the reference itself if its name is not known. */
export function decode(reference) {
  if (!reference.startsWith("#")) return NAMED.get(reference) ?? `&${reference};`;
  const hexadecimal = /^#x/i.test(reference);
  const code = Number.parseInt(reference.slice(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  const valid = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
  // An invisible character is removed here too: else a reference would bring it back.
  return valid ? clean(String.fromCodePoint(code)) : "\ufffd";
}

/** Decodes all references of a text. */
export function decodeAll(text) {
  return text.replace(REFERENCES, (_, reference) => decode(reference));
}
