"""A journal of 100,000 events costs no command more than a few requests one after the other."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch

import pytest
from botocore.exceptions import ClientError
from hypothesis import given
from hypothesis import strategies as st

from standby.deployment.manifest import ROLES
from standby.deployment.routing_config import render_config
from standby.listing.page import PAGE, Page
from standby.operations.facts import journal, reconcile_facts
from standby.operations.facts.journal import PREFIX, list_objects
from standby.operations.facts.long_journal import journal_keys
from standby.operations.facts.long_journal.journal_keys import list_all_objects, list_newest_objects
from standby.operations.facts.reconcile_facts import COMPARED_EVENTS, RECENT_EVENTS, read_journals
from tests.standby.helpers import MANIFEST, config

EVENTS: Final = 100_000
REGION: Final = MANIFEST.regions["primary"]


def key(generation: int, number: int = 0) -> str:
    return f"{PREFIX}{generation:012d}-20261127T{number:012d}Z-a.json"


@dataclass
class FakeS3:
    """A frontend bucket: its journal's keys, and a config.json of a generation, if it is not None."""

    keys: list[str]
    generation: int | None
    page_size: int = 1000
    pages: int = 0
    reads: int = 0
    sequences: dict[str, int] = field(default_factory=dict)
    """By the last key of a page: how many requests came one after the other up to this page."""
    lock: Lock = field(default_factory=Lock)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, StartAfter: str) -> Mapping[str, object]:  # noqa: N803 - S3's names
        assert Bucket in {region.frontend_bucket for region in MANIFEST.regions.values()}
        found = [one for one in self.keys if one > StartAfter and one.startswith(Prefix)]
        rows = [(one, "2026-11-24T12:00:00.000Z", '"1"', "1") for one in found[: self.page_size]]
        with self.lock:
            self.pages += 1
            if rows:
                self.sequences[rows[-1][0]] = self.sequences.get(StartAfter, 0) + 1
        return {PAGE: Page(rows, len(found) > self.page_size)}

    def get_object(self, *, Bucket: str, Key: str) -> Mapping[str, object]:  # noqa: N803 - S3's names
        with self.lock:
            self.reads += 1
        if Key != "config.json":
            return {"ContentLength": 2, "Body": io.BytesIO(b"{}")}
        if self.generation is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, f"GetObject of {Bucket}")
        text = render_config(config("primary", self.generation))
        return {"Body": io.BytesIO(text.encode()), "ETag": '"1"'}


@pytest.fixture(scope="module")
def keys() -> list[str]:
    return [key(generation) for generation in range(2, EVENTS + 2)]


READERS: Final[dict[str, tuple[Callable[[Any], tuple[str, ...]], int]]] = {
    "status": (lambda s3: journal.list_recent_objects(s3, REGION, generations=50), 1),
    "failover": (lambda s3: journal.list_recent_keys(s3, REGION, generations=0), 1),
    "reconcile": (lambda s3: list_newest_objects(s3, REGION, number=COMPARED_EVENTS), 3),
}


@pytest.mark.parametrize("command", READERS)
def test_of_100000_events_a_command_lists_a_few_pages(command: str, keys: list[str]) -> None:
    read, pages = READERS[command]
    s3 = FakeS3(keys, EVENTS + 1)
    found = read(s3)
    assert found[-1] == keys[-1]
    assert (s3.pages, s3.reads) == (pages, 1)


def test_of_100000_events_those_since_a_generation_are_listed_in_one_page_without_config_json(keys: list[str]) -> None:
    s3: Any = FakeS3(keys, EVENTS + 1)
    assert journal.list_keys_since(s3, REGION, EVENTS) == tuple(keys[-2:])
    assert (s3.pages, s3.reads) == (1, 0)


def test_of_100000_events_the_longest_sequence_of_requests_for_all_keys_is_a_tenth_of_the_pages(
    keys: list[str],
) -> None:
    s3 = FakeS3(keys, EVENTS + 1)
    assert list_all_objects(s3, REGION) == tuple(keys)  # type: ignore[arg-type]  # a fake
    number = EVENTS // s3.page_size
    assert s3.pages <= number + 1 + journal_keys.RANGES_AT_ONCE
    assert max(s3.sequences.values()) <= number // journal_keys.RANGES_AT_ONCE + 2


def test_a_reconcile_of_100000_events_reads_the_newest_alone_and_knows_the_highest_generation(keys: list[str]) -> None:
    s3 = FakeS3(keys, EVENTS + 1)
    clients: Any = SimpleNamespace(listing_s3=lambda _: s3, retrying_s3=lambda _: s3)
    connection: Any = SimpleNamespace(clients=clients)
    found = read_journals(connection, MANIFEST, *ROLES)
    for role in ROLES:
        read = found[role]
        assert isinstance(read, reconcile_facts.Journal)
        assert (read.generation, len(read.invalid)) == (EVENTS + 1, RECENT_EVENTS)
    assert s3.pages == 3 * len(ROLES)


OBJECTS: Final = st.lists(
    st.builds(key, st.integers(1, 60), st.integers(0, 3))
    | st.sampled_from([f"{PREFIX}hr", f"{PREFIX}{7:012d}", f"{PREFIX}000", f"{PREFIX}-"]),
    unique=True,
    max_size=60,
)


@given(OBJECTS, st.none() | st.integers(0, 70), st.integers(1, 5), st.integers(1, 20))
def test_the_keys_of_a_journal_are_the_same_in_ranges_and_one_page_after_the_other(
    found: list[str], generation: int | None, page_size: int, number: int
) -> None:
    s3: Any = FakeS3(sorted(found), generation, page_size)
    with patch.object(journal_keys, "RANGE_GENERATIONS", 3):
        every = list_objects(s3, REGION)
        assert every == tuple(sorted(found))
        assert list_all_objects(s3, REGION) == every
        newest = list_newest_objects(s3, REGION, number=number)
    assert newest == every[len(every) - len(newest) :]
    assert len(newest) >= min(number, len(every))
