"""A bucket of more pages than are read one after the other, with the emulator and the function's own handler."""

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest.mock import Mock

import boto3
import pytest

from ingest import bucket_reader
from standby.deployment.sweep import sweep_event
from tests.lambdas.helpers import ColdStart, Context, EmulatedRegion, Variables

OBJECTS = 1_200


@pytest.fixture
def ids(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Divide the bucket after its first page already, because each object costs the test milliseconds."""
    monkeypatch.setattr(bucket_reader, "FIRST_PAGES", 1)
    return [str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))) for number in range(OBJECTS)]


def test_a_change_in_a_bucket_of_many_pages_is_found_and_nothing_is_done_without_one(
    emulated: EmulatedRegion,
    cold_start: ColdStart,
    variables: Variables,
    ids: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    divide = Mock(wraps=bucket_reader._divide)  # noqa: SLF001 - to see that it is called
    monkeypatch.setattr(bucket_reader, "_divide", divide)
    ingest, s3 = cold_start("ingest", variables(emulated)), boto3.client("s3", region_name=emulated.region)

    def put(key: str) -> Any:  # noqa: ANN401 - botocore's answer
        return s3.put_object(Bucket=emulated.bucket, Key=key, Body=b"text")

    def sweep() -> object:
        return ingest(sweep_event(emulated.region), Context())["decision"]

    with ThreadPoolExecutor(max_workers=8) as pool:
        list(pool.map(put, [f"uploads/{of}/a b.txt" for of in ids]))
    assert [sweep(), sweep()] == ["start", "covered"]
    put(f"uploads/{uuid.uuid4()}/new.txt")
    assert [sweep(), sweep()] == ["start", "covered"]
    s3.delete_object(Bucket=emulated.bucket, Key=f"uploads/{ids[7]}/a b.txt")
    assert [sweep(), sweep()] == ["start", "covered"]
    put(f"deleted/{ids[8]}")
    assert [sweep(), sweep()] == ["start", "covered"]
    assert divide.called
    assert s3.list_objects_v2(Bucket=emulated.bucket, Prefix=f"uploads/{ids[8]}/")["KeyCount"] == 0
