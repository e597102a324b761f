"""The page on phones, in landscape, at 200 and 400 % zoom, in the system's colors, on paper and without motion."""

from typing import Final

import pytest
from playwright.sync_api import ViewportSize

from tests.browser.conftest import Visit
from tests.browser.helpers import ANSWER, CITATIONS, Visitor, answer_with, hold_requests, text_file

CODE: Final = f"{ANSWER}\n```sh\n{'echo a long line of code; ' * 20}\n```\n"
PHONE: Final[ViewportSize] = {"width": 320, "height": 640}
LANDSCAPE: Final[ViewportSize] = {"width": 844, "height": 390}
ZOOM_200: Final[ViewportSize] = {"width": 640, "height": 400}  # of 1280 x 800
ZOOM_400: Final[ViewportSize] = {"width": 320, "height": 256}  # of 1280 x 1024
SMALL: Final = [PHONE, LANDSCAPE, ZOOM_200, ZOOM_400]
LEAST_TARGET: Final = 44  # pixels
VISIBLE: Final = "[...document.querySelectorAll(selector)].filter(one => one.checkVisibility())"
BOX_IS_IN_VIEW: Final = """() => {
    const box = document.querySelector(".field").getBoundingClientRect();
    return box.top >= 0 && box.bottom <= innerHeight && box.left >= 0 && box.right <= innerWidth;
}"""


def asked(visit: Visit, size: ViewportSize) -> Visitor:
    """Open the page on a screen of this size and ask a question with a long answer."""
    visitor = visit(viewport=size, reduced_motion="reduce")
    answer_with(visitor, CODE, CITATIONS)
    visitor.ask("Who is called first?").article.locator(".citation-mark").last.click()
    return visitor


@pytest.mark.parametrize("size", SMALL, ids=["phone", "landscape", "200 %", "400 %"])
def test_the_question_box_stays_on_the_screen_and_nothing_is_wider_than_it(visit: Visit, size: ViewportSize) -> None:
    page = asked(visit, size).page
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    for place in ("0", "document.body.scrollHeight / 2", "document.body.scrollHeight"):
        page.evaluate(f"scrollTo(0, {place})")
        assert page.evaluate(BOX_IS_IN_VIEW), place
        part = page.evaluate("document.querySelector('#ask').offsetHeight / innerHeight")
        assert part < 0.4, "the conversation has most of the screen"


def test_on_a_phone_every_target_is_large_enough_for_a_finger(visit: Visit) -> None:
    visitor = asked(visit, PHONE)
    visitor.page.locator("#show-documents").click()
    visitor.upload(text_file("program.exe", b"x"))
    visitor.wait_for_state("program.exe", "Not accepted")
    small = f"""() => {{
        const selector = "button:not(.citation-mark), summary, textarea";
        return {VISIBLE}.map(one => [one.textContent, one.getBoundingClientRect()])
            .filter(([, {{width, height}}]) => Math.min(width, height) < {LEAST_TARGET})
            .map(([text, {{width, height}}]) => `${{text}}: ${{width}} x ${{height}}`);
    }}"""
    assert visitor.page.evaluate(small) == []


def test_a_mark_in_a_text_can_be_pressed_beside_it_too(visit: Visit) -> None:
    visitor = asked(visit, PHONE)
    reached = """mark => {
        mark.scrollIntoView({block: "center"});
        const {left, right, top, bottom} = mark.getBoundingClientRect();
        return [top - 11, bottom + 11].every(y => document.elementFromPoint((left + right) / 2, y) === mark);
    }"""
    assert visitor.page.locator(".citation-mark").first.evaluate(reached)


def test_on_a_phone_the_header_is_one_row_and_counts_all_documents(visit: Visit) -> None:
    visitor = asked(visit, PHONE)
    visitor.upload(*(text_file(f"program{number}.exe", b"x") for number in range(12)))
    visitor.page.locator("#list li").nth(11).wait_for(state="attached")
    header = visitor.page.locator("header")
    assert visitor.page.locator("#show-documents").inner_text() == "Documents (12)"
    assert header.evaluate("one => one.offsetHeight") <= 64
    centers = "[...document.querySelectorAll('header :is(h1, button)')].map(one => one.getBoundingClientRect())"
    rows = visitor.page.evaluate(f"{centers}.map(({{top, bottom}}) => Math.round((top + bottom) / 2))")
    assert max(rows) - min(rows) <= 2
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert visitor.page.get_by_role("button", name="New conversation").is_visible()


@pytest.mark.parametrize("way", ["button", "Escape"])
def test_the_documents_are_closed_with_a_button_or_escape(visit: Visit, way: str) -> None:
    page = visit(viewport=PHONE).page
    page.locator("#show-documents").click()
    assert page.locator("#documents").is_visible()
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name="Close").click()
    assert not page.locator("#documents").is_visible()
    assert page.evaluate("document.activeElement.id") == "show-documents"
    assert page.locator("#show-documents").get_attribute("aria-expanded") == "false"


def test_in_the_system_s_colors_every_button_has_a_border(visit: Visit) -> None:
    visitor = asked(visit, PHONE)
    visitor.page.emulate_media(forced_colors="active")
    visitor.page.locator("#show-documents").click()
    without = f"""() => {{
        const selector = "button";
        return {VISIBLE}.filter(one => {{
            const {{borderTopWidth, borderTopStyle, borderTopColor}} = getComputedStyle(one);
            return parseFloat(borderTopWidth) < 1 || borderTopStyle === "none" || borderTopColor === "rgba(0, 0, 0, 0)";
        }}).map(one => one.textContent);
    }}"""
    assert visitor.page.evaluate(without) == []


def test_on_paper_nothing_covers_the_answers_and_nothing_is_cut(visit: Visit) -> None:
    visitor = visit()
    answer_with(visitor, CODE, CITATIONS)
    for question in ("Who is called first?", "And if they do not answer?"):
        visitor.ask(question).article.locator(".citation-mark").last.click()
    page = visitor.page
    page.emulate_media(media="print")
    for hidden in ("#ask", "#documents", ".skip", "#new", ".code button", "article footer button"):
        assert not page.locator(hidden).first.is_visible(), hidden
    for shown in (".question", ".answer", ".passage[open] blockquote"):
        assert page.locator(shown).nth(1).is_visible(), shown
    fixed = f"""() => {{
        const selector = "body *";
        return {VISIBLE}.filter(one => ["sticky", "fixed"].includes(getComputedStyle(one).position)).map(one => one.id);
    }}"""
    assert page.evaluate(fixed) == []
    cut = (
        "[...document.querySelectorAll('pre, blockquote')].filter(one => one.scrollWidth > one.clientWidth + 1).length"
    )
    assert page.evaluate(cut) == 0


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_without_motion_nothing_moves(visit: Visit, motion: str) -> None:
    visitor = visit(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    hold_requests(visitor, "**/prod/docs")
    visitor.submit("Who is called first?").locator(".skeleton").wait_for()
    moving = visitor.page.evaluate("document.getAnimations().length > 0")
    smooth = visitor.page.evaluate("getComputedStyle(document.documentElement).scrollBehavior === 'smooth'")
    assert moving == smooth == (motion == "no-preference")
