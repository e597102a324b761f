"""An answer in words of those who ask: its code can be copied, its sources read, and regions are a detail."""

from typing import Final

import pytest

from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import CITATIONS, answer_with

PASSAGE: Final = "## Travel\n\n- **On call**: paid in full.\n- Hotels up to 120 &euro;.\n"


def test_code_is_copied_as_it_was_written(visit: Visit) -> None:
    visitor = visit(permissions=["clipboard-read", "clipboard-write"])
    answer_with(visitor, "First:\n\n```make\nall:\n\techo a\n```\n\nThen:\n\n```\nb\n```\n")
    article = visitor.ask("How?").article
    assert article.get_by_role("button", name="Copy code").count() == 2
    article.get_by_role("button", name="Copy code").first.click()
    article.get_by_role("button", name="Copied").wait_for()
    assert visitor.page.evaluate("navigator.clipboard.readText()") == "all:\n\techo a"


@pytest.mark.parametrize("name,items", [("policy.md", 2), ("policy.pdf", 2), ("policy.txt", 0), ("policy.csv", 0)])
def test_a_passage_of_markdown_is_rendered_and_one_of_plain_text_is_not(visit: Visit, name: str, items: int) -> None:
    visitor = visit()
    answer_with(visitor, "Paid [1].", [{"uri": f"s3://b/uploads/1/{name}", "text": PASSAGE, "score": 0.5}])
    passage = visitor.ask("Who pays?").article.locator("blockquote")
    assert passage.locator("li").count() == items
    assert ("**On call**" in (passage.text_content() or "")) == (items == 0)


def test_the_passage_of_the_last_mark_is_highlighted(visit: Visit) -> None:
    visitor = visit()
    answer_with(visitor, "First [1]. Then [2].", CITATIONS)
    article = visitor.ask("Who pays?").article
    for number in (0, 1):
        article.locator(".citation-mark").nth(number).click()
        assert article.locator(".passage").nth(number).get_attribute("class") == "passage current"
        assert article.locator(".current").count() == 1
    colors = article.locator(".passage").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundColor)")
    assert len(set(colors)) == 2


def test_the_relevance_of_a_passage_is_a_word(visit: Visit) -> None:
    visitor = visit()
    scores = {1.2: "high", 0.6: "high", 0.59: "medium", 0.4: "medium", 0.39: "low", -0.2: "low"}
    answer_with(visitor, "Paid.", [{"uri": "s3://b/u/1/a.md", "text": "x", "score": score} for score in scores])
    shown = visitor.ask("Who pays?").article.locator(".relevance").all_inner_texts()
    assert shown == [f"Relevance: {word}" for word in scores.values()]


@pytest.mark.parametrize("score", [None, 0, "high"])
def test_a_passage_without_a_score_says_nothing_about_its_relevance(visit: Visit, score: object) -> None:
    visitor = visit()
    answer_with(visitor, "Paid.", [{"uri": "s3://b/u/1/a.md", "text": "x", "score": score}])
    assert visitor.ask("Who pays?").article.locator(".relevance").count() == 0


def test_regions_and_generations_are_shown_on_request_only(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    answer_with(visitor, "Paid.", CITATIONS)
    article = visitor.ask("Who pays?").article
    region = rehearsal.deployment.regions["primary"].region
    body = visitor.page.locator("body")
    assert region not in body.inner_text()
    assert "generation" not in body.inner_text()
    article.locator(".origin summary").click()
    assert f"Region: {region}" in article.inner_text()
    visitor.page.get_by_text("Technical details").click()
    assert "generation 1" in body.inner_text()
    assert visitor.page.locator("#region").inner_text() == region
