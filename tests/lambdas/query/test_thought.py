import pytest
from hypothesis import given
from hypothesis import strategies as st

from query.thought import drop_thoughts

NAMES = st.sampled_from(["thinking", "Thinking", "think", "thought", "reasoning"])
PROSE = st.text("ab [1].,\n", max_size=30)
# Code that is not closed, too. An answer of nothing but marks of code is none.
CODE = st.text("ab `~>\n", max_size=30) | st.sampled_from(["```\nx", "Is it `x", "> ~~~\n"])
ANSWERS = CODE.filter(lambda text: text.strip()[:1] not in {"", "`", "~", ">"})


@pytest.mark.parametrize(
    "text,expected",
    [
        ("<thinking>Days?</thinking> Ten days [1].", "Ten days [1]."),
        ("Ten <think>or 12?</think>days.", "Ten days."),
        ("Ten days.\n<thinking>Or twelve? I", "Ten days."),
        ("Days?</think>\nTen days.", "Ten days."),
        ("<thinking>a<thinking>b</thinking>c</thinking>Ten days.", "Ten days."),
        ('<reasoning effort="low">`x</reasoning>Ten `y`.', "Ten `y`."),
        ("<thinking>only", ""),
        ("Write `<thinking>` and `</thinking>`.", "Write `<thinking>` and `</thinking>`."),
        ("```xml\n<thinking>\n```\nSo.", "```xml\n<thinking>\n```\nSo."),
        ("```xml\n<thinking>\na\n</thinking>\nb\n```\nSo.", "```xml\n<thinking>\na\n</thinking>\nb\n```\nSo."),
        ("```py\nx = 1\n</think>\n\nTen days [1].", "Ten days [1]."),
        ("```\nx\n</think>\nSo:\n```py\ny\n```", "So:\n```py\ny\n```"),
        ("Is it `x</think>Ten `y` days?", "Ten `y` days?"),
        ("Is it `x\n</think>\nTen `y` days?", "Ten `y` days?"),
        ("<thinking/>Ten days.", "Ten days."),
        ("I think 1 < 2 > 0.", "I think 1 < 2 > 0."),
        ("A <thinker> thinks.", "A <thinker> thinks."),
    ],
)
def test_a_thought_is_dropped_and_an_answer_is_not(text: str, expected: str) -> None:
    assert drop_thoughts(text) == expected


@given(NAMES, PROSE, PROSE, PROSE)
def test_any_thought_is_dropped_whole(name: str, before: str, thought: str, after: str) -> None:
    assert drop_thoughts(f"{before}<{name}>{thought}</{name}>{after}") == (before + after).strip()
    assert drop_thoughts(f"{before}<{name}>{thought}") == before.strip()
    assert drop_thoughts(f"{thought}</{name}>{after}") == after.strip()


@given(NAMES, CODE, ANSWERS)
def test_no_code_hides_the_end_of_a_thought(name: str, thought: str, answer: str) -> None:
    assert drop_thoughts(f"<{name}>{thought}</{name}>{answer}") == answer.strip()
    assert drop_thoughts(f"{thought}</{name}>{answer}") == answer.strip()
