"""The values of a plan: what is absent, unknown or sensitive is never taken for something else."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standby.review.values import ABSENT, JSON, SENSITIVE, UNKNOWN, Arguments, merge_unknown

LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
TREES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
STEPS = st.lists(st.text(max_size=3) | st.integers(0, 3) | st.just(JSON), max_size=4)


@pytest.mark.parametrize(
    "values, path, expected",
    [
        ({"a": 1}, ("a",), 1),
        ({"a": None}, ("a",), ABSENT),
        ({}, ("a",), ABSENT),
        ({"a": [{"b": 2}]}, ("a", "b"), 2),
        ({"a": {"b": 2}}, ("a", "b"), 2),
        ({"a": [{"b": 1}, {"b": 2}]}, ("a", "b"), ABSENT),
        ({"a": [{"b": 1}, {"b": 2}]}, ("a", 1, "b"), 2),
        ({"a": UNKNOWN}, ("a", "b", "c"), UNKNOWN),
        ({"a": [UNKNOWN]}, ("a", "b"), UNKNOWN),
        ({"a": '{"b": 2}'}, ("a", JSON, "b"), 2),
        ({"a": '{"b": ${var.x}}'}, ("a", JSON, "b"), UNKNOWN),
        ({"a": "[" * 100_000}, ("a", JSON), UNKNOWN),
        ({"a": 1}, ("a", "b"), ABSENT),
    ],
)
def test_a_value_is_known_absent_or_unknown(values: object, path: tuple[str, ...], expected: object) -> None:
    assert Arguments(values).value(*path) == expected


@given(TREES, TREES, STEPS)
def test_no_plan_s_values_fail_a_look_up(values: object, marks: object, path: list[str]) -> None:
    arguments = Arguments(merge_unknown(values, marks), marks)
    arguments.value(*path)
    arguments.blocks(*path)
    assert isinstance(arguments.show(*path), str)


@given(TREES)
def test_what_is_known_only_after_the_apply_hides_whatever_is_planned(values: object) -> None:
    assert Arguments({"a": merge_unknown(values, unknown=True)}).value("a", "b") is UNKNOWN


@pytest.mark.parametrize(
    "marks", [True, {"a": True}, {"a": {"b": True}}, {"a": [{"b": True}]}, {"a": {"b": {"c": True}}}]
)
def test_a_sensitive_value_is_not_shown(marks: object) -> None:
    arguments = Arguments({"a": {"b": {"c": "secret"}}}, marks)
    assert arguments.show("a", "b") == SENSITIVE
    assert arguments.show("a") == SENSITIVE


def test_a_value_of_a_plan_cannot_change_a_terminal_or_fill_it() -> None:
    shown = Arguments({"a": "\x1b[31m\n" + "x" * 1000}).show("a")
    assert shown.isprintable()
    assert len(shown) < 200


def test_a_block_with_unknown_parts_is_shown_as_json() -> None:
    assert json.loads(Arguments({"a": [{"b": UNKNOWN}]}).show("a")) == [{"b": "(known after apply)"}]
