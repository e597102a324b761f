"""Hostile answers, documents and file names are shown as text and have no other effect."""

from typing import Final

from tests.browser.conftest import Visit
from tests.browser.helpers import Visitor, answer_with, stored_documents, text_file

SCRIPTS: Final = """\
<script>window.owned = 1</script>
<img src=x onerror="window.owned = 1"> <svg onload="window.owned = 1"></svg>
<iframe srcdoc="<script>parent.owned = 1</script>"></iframe>
[a link](javascript:window.owned=1) [another](JaVaScRiPt:window.owned=1) [third](data:text/html,<script>1</script>)
[fourth](vbscript:x) <javascript:window.owned=1> ![picture](https://evil.example.com/pixel.png)
**<b onmouseover="window.owned=1">bold</b>** `<script>window.owned = 1</script>`
<style>body { display: none }</style><base href="https://evil.example.com/"><meta http-equiv="refresh" content="0">
<form action="https://evil.example.com"><input name="password"></form>
[1]("onclick="window.owned=1) [\\](javascript:1)](javascript:window.owned=1)
"""
DIRECTIONS: Final = "\u202egnp.exe\u202c \u2066hidden\u2069 \u200f\u0000\u0007\ufeff"
ALLOWED_TAGS: Final = frozenset(
    "A BLOCKQUOTE BR BUTTON CODE DEL DIV EM H3 H4 HR LI OL P PRE SPAN STRONG TABLE TBODY TD TH THEAD TR UL".split()  # noqa: SIM905 - a list of words reads better
)
FILE_NAMES: Final = (
    '"><img src=x onerror=owned=1>.txt',
    "${filename}.txt",
    "../../../etc/passwd.txt",
    f"{'a' * 240}.txt",
    "'; DROP TABLE documents; --.txt",
    "\u0442\u0435\u0441\u0442 \u6d4b\u8bd5 \u0627\u062e\u062a.txt",
    "con\u0301.TXT",
    "__proto__.txt",
)


LINKS: Final = {
    "[your bank](https://evil.example/login)": "your bank (evil.example)",
    "[https://bank.com/?evil.example](https://evil.example/x)": "https://bank.com/?evil.example (evil.example)",
    "https://www.bank.com:login@evil.example/x": "https://www.bank.com:login@evil.example/x (evil.example)",
    "<https://b\u0430nk.com/>": "https://b\u0430nk.com/ (xn--bnk-6cd.com)",
    "[mail](mailto:a@evil.example)": "mail (a@evil.example)",
    "<https://example.org/>": "https://example.org/",
    "https://example.org/a_b_c": "https://example.org/a_b_c",
}


def tags(visitor: Visitor) -> set[str]:
    found = visitor.page.evaluate("[...document.querySelectorAll('.answer, .answer *')].map(one => one.tagName)")
    return set(found)


def attributes(visitor: Visitor) -> set[str]:
    script = "[...document.querySelectorAll('.answer *')].flatMap(one => one.getAttributeNames())"
    return set(visitor.page.evaluate(script))


def test_markup_in_an_answer_is_shown_as_text_and_its_links_lead_only_to_websites(visit: Visit) -> None:
    visitor = visit()
    hostile = {"uri": "s3://b/uploads/1/<img src=x onerror=owned=1>.txt", "text": SCRIPTS, "score": 1}
    answer_with(visitor, SCRIPTS, [hostile])
    answer = visitor.ask("Anything?")
    visitor.page.locator(".passage summary").first.click()
    visitor.page.wait_for_timeout(200)
    assert visitor.page.evaluate("window.owned") is None
    assert "<script>window.owned = 1</script>" in answer.text
    assert tags(visitor) <= ALLOWED_TAGS
    assert not any(name.startswith("on") or name == "style" for name in attributes(visitor))
    links = visitor.page.evaluate("[...document.querySelectorAll('.answer a')].map(a => [a.href, a.innerText])")
    assert all(shown in address and address.startswith("https://evil.example.com") for address, shown in links)
    assert not any("evil.example.com" in request.url for _, request in visitor.requests)


def test_a_link_shows_its_host_and_sends_no_referrer(visit: Visit) -> None:
    visitor = visit()
    answer_with(visitor, " ".join(LINKS))
    visitor.ask("Anything?")
    links = visitor.page.locator(".answer a")
    assert links.all_inner_texts() == list(LINKS.values())
    assert (links.first.get_attribute("rel") or "").split() == ["noopener", "noreferrer", "nofollow"]
    assert links.last.get_attribute("href") == "https://example.org/a_b_c"


def test_direction_overrides_and_control_characters_are_removed(visit: Visit) -> None:
    visitor = visit()
    name = f"report{DIRECTIONS}.txt"
    hostile = {"uri": f"s3://b/uploads/1/{name}", "text": f"{DIRECTIONS}passage", "score": 0.5}
    answer_with(visitor, DIRECTIONS, [hostile])
    visitor.ask(f"What is {DIRECTIONS}?")
    visitor.upload(text_file(name, b"hello"))
    visitor.page.locator("#list li").wait_for()
    visitor.page.locator(".passage summary").click()
    shown = visitor.page.locator("body").inner_text() + visitor.page.title()
    assert not set(shown) & set("\u202e\u202c\u2066\u2069\u200f\u0000\u0007\ufeff")
    assert "gnp.exe" in shown


def test_hostile_file_names_are_shown_as_text_and_uploaded_under_safe_keys(visit: Visit) -> None:
    visitor = visit()
    visitor.upload(*(text_file(name, f"A file called {name!r}.".encode()) for name in FILE_NAMES))
    rows = visitor.page.locator("#list li")
    ready = rows.locator(".state").get_by_text("Ready", exact=True)
    visitor.wait_until(lambda: ready.count() == len(FILE_NAMES), what="all are ready")
    keys = [one["key"] for one in stored_documents(visitor)]
    assert all(key.startswith("uploads/") and key.count("/") == 2 for key in keys)
    assert not set("".join(keys)) & set('<>"${}\\')
    assert visitor.page.evaluate("window.owned") is None
    assert visitor.page.locator("#list img").count() == 0
