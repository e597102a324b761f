"""The examples of GitHub Flavored Markdown 0.29 for character references, code spans and fenced code.

Source: github.github.com/gfm, 6.2 (examples 321 to 337), 6.3 (338 to 359) and 4.5 (89 to 117). The expected HTML is the
specification's, in the spelling of the browser (`"` in a text needs no reference, and `pre` can get the focus) and
without the line break at the end of code. `DIFFERENT` has the examples that the page deliberately shows otherwise.
"""

import re
from html import unescape
from html.entities import name2codepoint
from typing import Final

import pytest

from tests.browser.conftest import Visit

RENDER: Final = """async cases => {
    const { renderMarkdown } = await import('/markdown.js');
    return cases.map(text => {
        const at = document.createElement("div");
        at.append(...renderMarkdown(text));
        return at.innerHTML;
    });
}"""
REFERENCES: Final = {
    "&#35; &#1234; &#992; &#0;": "<p># Ӓ Ϡ �</p>",
    "&#X22; &#XD06; &#xcab;": '<p>" ആ ಫ</p>',
    "&nbsp &x; &#; &#x;\n&#87654321;\n&#abcdef0;\n&ThisIsNotDefined; &hi?;": (
        "<p>&amp;nbsp &amp;x; &amp;#; &amp;#x;\n&amp;#87654321;\n&amp;#abcdef0;\n&amp;ThisIsNotDefined; &amp;hi?;</p>"
    ),
    "&copy": "<p>&amp;copy</p>",
    "&MadeUpEntity;": "<p>&amp;MadeUpEntity;</p>",
    "`f&ouml;&ouml;`": "<p><code>f&amp;ouml;&amp;ouml;</code></p>",
    "&#42;foo&#42;\n*foo*": "<p>*foo*\n<em>foo</em></p>",
    "&#42; foo\n\n* foo": "<p>* foo</p><ul><li>foo</li></ul>",
    "foo&#10;&#10;bar": "<p>foo\n\nbar</p>",
    "&#9;foo": "<p>\tfoo</p>",
    "[a](url &quot;tit&quot;)": '<p>[a](url "tit")</p>',
    "```\nf&ouml;&ouml;\n```": "<pre><code>f&amp;ouml;&amp;ouml;</code></pre>",
    "``` f&ouml;&ouml;\nfoo\n```": "<pre><code>foo</code></pre>",
}
CODE_SPANS: Final = {
    "`foo`": "<p><code>foo</code></p>",
    "`` foo ` bar ``": "<p><code>foo ` bar</code></p>",
    "` `` `": "<p><code>``</code></p>",
    "`  ``  `": "<p><code> `` </code></p>",
    "` a`": "<p><code> a</code></p>",
    "`\u00a0b\u00a0`": "<p><code>&nbsp;b&nbsp;</code></p>",
    "` `\n`  `": "<p><code> </code>\n<code>  </code></p>",
    "``\nfoo\nbar  \nbaz\n``": "<p><code>foo bar   baz</code></p>",
    "``\nfoo \n``": "<p><code>foo </code></p>",
    "`foo   bar \nbaz`": "<p><code>foo   bar  baz</code></p>",
    "`foo\\`bar`": "<p><code>foo\\</code>bar`</p>",
    "``foo`bar``": "<p><code>foo`bar</code></p>",
    "` foo `` bar `": "<p><code>foo `` bar</code></p>",
    "*foo`*`": "<p>*foo<code>*</code></p>",
    "[not a `link](/foo`)": "<p>[not a <code>link](/foo</code>)</p>",
    '`<a href="`">`': '<p><code>&lt;a href="</code>"&gt;`</p>',
    "`<http://foo.bar.`baz>`": "<p><code>&lt;http://foo.bar.</code>baz&gt;`</p>",
    "```foo``": "<p>```foo``</p>",
    "`foo": "<p>`foo</p>",
    "`foo``bar``": "<p>`foo<code>bar</code></p>",
}
FENCES: Final = {
    "```\n<\n >\n```": "<pre><code>&lt;\n &gt;</code></pre>",
    "~~~\n<\n >\n~~~": "<pre><code>&lt;\n &gt;</code></pre>",
    "``\nfoo\n``": "<p><code>foo</code></p>",
    "```\naaa\n~~~\n```": "<pre><code>aaa\n~~~</code></pre>",
    "~~~\naaa\n```\n~~~": "<pre><code>aaa\n```</code></pre>",
    "````\naaa\n```\n``````": "<pre><code>aaa\n```</code></pre>",
    "~~~~\naaa\n~~~\n~~~~": "<pre><code>aaa\n~~~</code></pre>",
    "```": "<pre><code></code></pre>",
    "`````\n\n```\naaa": "<pre><code>\n```\naaa</code></pre>",
    "> ```\n> aaa\n\nbbb": "<blockquote><pre><code>aaa</code></pre></blockquote><p>bbb</p>",
    "```\n\n  \n```": "<pre><code>\n  </code></pre>",
    "```\n```": "<pre><code></code></pre>",
    " ```\n aaa\naaa\n```": "<pre><code>aaa\naaa</code></pre>",
    "  ```\naaa\n  aaa\naaa\n  ```": "<pre><code>aaa\naaa\naaa</code></pre>",
    "   ```\n   aaa\n    aaa\n  aaa\n   ```": "<pre><code>aaa\n aaa\naaa</code></pre>",
    "```\naaa\n  ```": "<pre><code>aaa</code></pre>",
    "   ```\naaa\n  ```": "<pre><code>aaa</code></pre>",
    "```\naaa\n    ```": "<pre><code>aaa\n    ```</code></pre>",
    "``` ```\naaa": "<p><code> </code>\naaa</p>",
    "~~~~~~\naaa\n~~~ ~~": "<pre><code>aaa\n~~~ ~~</code></pre>",
    "foo\n```\nbar\n```\nbaz": "<p>foo</p><pre><code>bar</code></pre><p>baz</p>",
    "```ruby\ndef foo(x)\n  return 3\nend\n```": "<pre><code>def foo(x)\n  return 3\nend</code></pre>",
    "~~~~    ruby startline=3 $%@#$\ndef foo(x)\n  return 3\nend\n~~~~~~~": (
        "<pre><code>def foo(x)\n  return 3\nend</code></pre>"
    ),
    "````;\n````": "<pre><code></code></pre>",
    "``` aa ```\nfoo": "<p><code>aa</code>\nfoo</p>",
    "~~~ aa ``` ~~~\nfoo\n~~~": "<pre><code>foo</code></pre>",
    "```\n``` aaa\n```": "<pre><code>``` aaa</code></pre>",
}
DIFFERENT: Final = {
    # Names that HTML 4 does not have: text, as they are written.
    "&nbsp; &amp; &copy; &AElig; &Dcaron;\n&frac34; &HilbertSpace;": (
        "<p>&nbsp; &amp; © Æ &amp;Dcaron;\n¾ &amp;HilbertSpace;</p>"
    ),
    # HTML in an answer: text, never an element.
    '<a href="&ouml;&ouml;.html">': '<p>&lt;a href="öö.html"&gt;</p>',
    '<a href="`">`': '<p>&lt;a href="<code>"&gt;</code></p>',
    # A link to no website: its text alone. The page has no reference definitions.
    '[foo](/f&ouml;&ouml; "f&ouml;&ouml;")': "<p><span>foo</span></p>",
    '[foo]\n\n[foo]: /f&ouml;&ouml; "f&ouml;&ouml;"': '<p>[foo]</p><p>[foo]: /föö "föö"</p>',
    # The address of a link is as the browser writes it.
    "<http://foo.bar.`baz>`": (
        '<p><a href="http://foo.bar.`baz/" target="_blank" rel="noopener noreferrer nofollow">http://foo.bar.`baz</a>`</p>'
    ),
    # Indented code and underlined headings: models indent lists, and rule off sections.
    "\tf&ouml;f&ouml;": "<p>föfö</p>",
    "    ```\n    aaa\n    ```": "<p><code>aaa</code></p>",
    "foo\n---\n~~~\nbar\n~~~\n# baz": "<p>foo</p><hr><pre><code>bar</code></pre><h3>baz</h3>",
}
OWN: Final = {
    "&#x202e;txt.exe&#8238; &#1;x&#xfeff; &#xD800;": "<p>txt.exe x �</p>",
    "&lt;img src=x onerror=owned=1&gt; &#60;b&#x3e;": "<p>&lt;img src=x onerror=owned=1&gt; &lt;b&gt;</p>",
    r"\&amp; &amp;amp;": "<p>&amp;amp; &amp;amp;</p>",
    "[x](javascript&colon;alert(1)) [y](&#106;avascript:alert(1))": "<p><span>x</span> <span>y</span></p>",
    "see https://a.example/?b=1&copy; and &rarr;": (
        '<p>see <a href="https://a.example/?b=1" target="_blank" rel="noopener noreferrer nofollow">'
        "https://a.example/?b=1</a>© and →</p>"
    ),
    "&alpha;&omega;&Omega;&sigmaf;&euro;&mdash;&hearts;&yuml;&apos;&sup2;": "<p>αωΩς€—♥ÿ'²</p>",
    "```make\nall:\n\techo a\tb\n```": "<pre><code>all:\n\techo a\tb</code></pre>",
    "- x\n\n\t```\n\ta\tb\n\t```": "<ul><li>x<pre><code>a\tb</code></pre></li></ul>",
}


@pytest.mark.parametrize(
    "cases", [REFERENCES, CODE_SPANS, FENCES, DIFFERENT, OWN], ids=["references", "spans", "fences", "different", "own"]
)
def test_references_and_code_are_rendered_as_the_specification_says(visit: Visit, cases: dict[str, str]) -> None:
    rendered = dict(zip(cases, visit().page.evaluate(RENDER, list(cases)), strict=True))
    assert {text: re.sub(r' tabindex="0"', "", html) for text, html in rendered.items()} == cases


def test_every_name_of_html_4_is_decoded_and_marks_of_a_direction_are_removed(visit: Visit) -> None:
    decode = """async names => {
        const { decodeAll } = await import("/entities.js");
        return names.map(name => decodeAll(`&${name};`));
    }"""
    names = [*name2codepoint, "apos"]
    expected = {name: unescape(f"&{name};").strip("\u200e\u200f") for name in names}
    assert dict(zip(names, visit().page.evaluate(decode, names), strict=True)) == expected
