"""docs/notifications.md and its schema are made from the code, and each message fits the schema."""

import pytest
from jsonschema import Draft202012Validator

from docs.notifications import EXAMPLES, FILE, message, schema, text
from notifications.messages import COLUMNS
from notifications.state import KINDS, Change
from tests.lambdas.notifications.world import FAILOVER, PRIMARY, World

VALIDATOR = Draft202012Validator(schema())


def test_the_file_is_what_the_code_makes() -> None:
    assert FILE.read_text(encoding="utf-8") == text()  # `make docs` writes it


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


def test_there_is_an_example_of_each_kind() -> None:
    assert {change.kind for change in EXAMPLES} == set(KINDS)


@pytest.mark.parametrize("change", EXAMPLES, ids=lambda change: change.kind)
def test_each_example_fits_the_schema_and_80_columns(change: Change) -> None:
    VALIDATOR.validate(message(change).document())
    assert max(map(len, message(change).text.splitlines())) <= COLUMNS


def test_what_the_function_tells_fits_the_schema() -> None:
    world = World()
    world.minutes(1)
    world.switch(FAILOVER)
    world.edit(PRIMARY, "https://elsewhere.example.com/")
    world.alarms[PRIMARY].set("chatbot-health", "ALARM")
    world.stopped.add(FAILOVER)
    world.minutes(8)
    assert len({told.change.kind for told in world.sent()}) >= 4
    for told in world.sent():
        VALIDATOR.validate(told.document())


def test_a_missing_or_unknown_fact_does_not_fit() -> None:
    document = message(EXAMPLES[0]).document()
    assert not VALIDATOR.is_valid({**document, "facts": {}})
    assert not VALIDATOR.is_valid({**document, "facts": {**document["facts"], "other": 1}})
