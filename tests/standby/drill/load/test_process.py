"""The load process records requests, and ends with its drill."""

from pathlib import Path

import pytest

from standby.deadline import poll
from standby.drill.load.generator import LoadSpec
from standby.drill.load.process import LoadProcess
from standby.drill.load.target import LoadTarget
from standby.drill.measure.records import Clock, Result

pytestmark = pytest.mark.alone


def test_the_load_process_ends_with_its_drill(tmp_path: Path) -> None:
    spec = LoadSpec(
        clock_origin=Clock().origin,
        target=LoadTarget(),
        records_file=str(tmp_path / "requests.jsonl"),
        site_url="https://127.0.0.1:1",
        paths=("/",),
        question="?",
        canary_key="",
        page_versions={},
        rates={"page": 20.0},
    )
    with LoadProcess(spec) as load:
        load.send_once("cold-page")
        kinds = poll(
            lambda: {request.kind for request in load.requests()},
            seconds=5,
            pause=0.02,
            until=lambda kinds: kinds >= {"page", "cold-page"},
        )
        assert kinds >= {"page", "cold-page"}
    assert all(request.result is Result.NO_ANSWER for request in load.requests())
    assert load.ended
