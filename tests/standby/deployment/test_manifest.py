"""An unusable manifest is one error, for every kind of fault."""

import json

import pytest

from standby.deployment.manifest import parse_manifest
from standby.errors import StandbyError
from tests.standby.manifests import manifest_text


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "NaN", "[" * 4000, '{"schemaVersion": ' * 700])
def test_a_text_that_is_not_a_manifest_is_one_error(text: str) -> None:
    with pytest.raises(StandbyError, match="The manifest is not as expected"):
        parse_manifest(text)


@pytest.mark.parametrize("url", ["http://api.example/prod/", "https://api.example/prod/?a=b", "ftp://a/", "https://"])
def test_an_api_that_no_page_would_call_is_an_error(url: str) -> None:
    document = json.loads(manifest_text())
    document["regions"]["failover"]["apiUrl"] = url
    with pytest.raises(StandbyError, match=r"regions\.failover\.apiUrl: not a URL that pages call"):
        parse_manifest(json.dumps(document))


def test_an_unknown_region_of_a_manifest_is_ignored() -> None:
    document = json.loads(manifest_text())
    document["regions"] = {"witness": {"region": "eu-west-1"}, **document["regions"]}
    assert parse_manifest(json.dumps(document)) == parse_manifest(manifest_text())
