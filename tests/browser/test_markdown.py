"""Markdown in answers: rendered as meant, however large it is."""

import time
from typing import Final

import pytest

from tests.browser.conftest import Visit
from tests.browser.helpers import answer_with

HUGE: Final = {
    "text": "word " * 200_000,
    "one word": "x" * 500_000,
    "brackets": "[" * 19_000,
    "stars": "*a " * 6_000,
    "links": "[a](" * 4_900,
    "quotes": "> " * 9_000,
    "lists": "\n".join("  " * depth + "- x" for depth in range(130)),
    "ticks": "`" * 19_000,
    "tables": "|" * 9_000 + "\n|-|\n" + "|" * 9_000,
    "table": "|" * 1_500 + "\n|-|\n" + "|\n" * 8_000,
    "html": "<a" * 9_000,
    "lines": "\n" * 19_000,
}


@pytest.mark.parametrize("kind", ["text", "one word"])
def test_a_huge_answer_neither_widens_nor_blocks_the_page(visit: Visit, kind: str) -> None:
    visitor = visit(viewport={"width": 320, "height": 640})
    answer_with(visitor, HUGE[kind], [{"uri": "s3://b/" + "n" * 5_000, "text": HUGE[kind], "score": 0.1}])
    assert visitor.ask("Anything?").seconds < 10
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_no_markdown_blocks_the_renderer(visit: Visit) -> None:
    visitor = visit()
    render = """async text => {
        const { renderMarkdown } = await import('/markdown.js');
        const at = document.createElement("div");
        at.append(...renderMarkdown(text));
        return at.getElementsByTagName("*").length;
    }"""
    for kind, text in HUGE.items():
        started = time.monotonic()
        assert visitor.page.evaluate(render, text) <= len(text), kind
        assert time.monotonic() - started < 3, kind


def test_markdown_is_rendered_as_intended(visit: Visit) -> None:
    visitor = visit()
    render = """async cases => {
        const { renderMarkdown } = await import('/markdown.js');
        return cases.map(text => {
            const at = document.createElement("div");
            at.append(...renderMarkdown(text));
            return at.innerHTML;
        });
    }"""
    cases = {
        "plain": "<p>plain</p>",
        "two\nlines\n\nand more": "<p>two\nlines</p><p>and more</p>",
        "**b** *i* _i_ __b__": "<p><strong>b</strong> <em>i</em> <em>i</em> <strong>b</strong></p>",
        "~~d~~ ***bi***": "<p><del>d</del> <strong><em>bi</em></strong></p>",
        "snake_case_name 2 * 3 * 4": "<p>snake_case_name 2 * 3 * 4</p>",
        "**bold *both***": "<p><strong>bold <em>both</em></strong></p>",
        "a `code * x` b": "<p>a <code>code * x</code> b</p>",
        "`` a ` b ``": "<p><code>a ` b</code></p>",
        r"\*not\* \[x\]": "<p>*not* [x]</p>",
        "# One\n## Two\n### Three": "<h3>One</h3><h3>Two</h3><h4>Three</h4>",
        "- a\n- b\n  - c\n- d": "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
        "3. a\n4. b": '<ol start="3"><li>a</li><li>b</li></ol>',
        "1. a\n\n   more\n\n2. b": '<ol start="1"><li>a<p>more</p></li><li>b</li></ol>',
        "intro:\n- a\n- b": "<p>intro:</p><ul><li>a</li><li>b</li></ul>",
        "> quoted\n> twice": "<blockquote><p>quoted\ntwice</p></blockquote>",
        "```js\nlet <a> = 1;\n\n```\nafter": '<pre tabindex="0"><code>let &lt;a&gt; = 1;\n</code></pre><p>after</p>',
        "a\n\n---\n\nb": "<p>a</p><hr><p>b</p>",
        "one  \ntwo": "<p>one<br>two</p>",
        '& < > "': '<p>&amp; &lt; &gt; "</p>',
        "| `a \\| b` | pipe |\n|-|-|\n| b **\\|** az | c \\|": (
            '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table><thead>'
            "<tr><th><code>a | b</code></th>"
            "<th>pipe</th></tr></thead><tbody><tr><td>b <strong>|</strong> az</td><td>c |</td></tr></tbody>"
            "</table></div>"
        ),
        "[x] [1] [12](": "<p>[x] [1] [12](</p>",
    }
    assert dict(zip(cases, visitor.page.evaluate(render, list(cases)), strict=True)) == cases
