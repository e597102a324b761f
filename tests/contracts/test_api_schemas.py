"""API Gateway's schemas and the functions refuse the same bodies as malformed."""

import json
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import query.text
from query.request import read_query_request
from shared.api import json_body
from shared.errors import ApiError
from tests.contracts.json_schema import (
    GRIN,
    WRONG,
    accepts,
    changed_schemas,
    matches,
    near_objects,
    near_values,
    types_of,
)
from tests.lambdas.helpers import ANSWER_MODEL, SITE_ORIGIN
from tests.lambdas.query.helpers import SETTINGS
from upload.request import read_upload_request
from upload.settings import Settings as UploadSettings
from warm_standby.api.definition import QUESTION, ROUTES, UPLOAD, VISIBLE

Body = Mapping[str, Any]

UPLOAD_SETTINGS: Final = UploadSettings(
    region="us-west-2",
    site_origin=SITE_ORIGIN,
    documents_bucket="documents",
    max_upload_bytes=1000,
    upload_types={".txt": "text/plain"},
)
PARSERS: Final[Mapping[str, Callable[[dict[str, object]], object]]] = {
    "docs": lambda body: read_query_request(body, SETTINGS),
    "upload": lambda body: read_upload_request(body, UPLOAD_SETTINGS),
}
SCHEMAS: Final[Mapping[str, Body]] = {"docs": QUESTION, "upload": UPLOAD}
GOOD: Final[Mapping[str, Body]] = {
    "docs": {
        "question": "How long do refunds take?",
        "history": [{"role": "user", "text": "Refunds?"}, {"role": "assistant", "text": "Ten days."}],
        "requestSessionId": "abc-1",
        "modelId": ANSWER_MODEL,
    },
    "upload": {
        "fileName": "notes.txt",
        "fileType": "text/plain",
        "fileSize": 5,
        "uploadId": "0b8f6c0e-4a7e-4c53-9d1e-6f2a1b3c4d5e",
    },
}
MALFORMED: Final = {"invalid_json", "invalid_request"}
CHARACTERS: Final = st.sampled_from(["a", "1", ".", "-", " ", "\n", "\x00", "\u200b", "\ud83d", "\ude00", GRIN])


def refusal(path: str, raw: str) -> str:
    """Return the code with which the function's parser refuses a body, "" if it accepts it."""
    try:
        PARSERS[path](json_body({"body": raw}))
    except ApiError as error:
        return error.code
    return ""


def assert_agreed(path: str, body: object) -> None:
    # As API Gateway and the function read it: two escaped halves next to each other are one character.
    raw = json.dumps(body)
    accepted, code = accepts(SCHEMAS[path], json.loads(raw)), refusal(path, raw)
    assert accepted == (code not in MALFORMED), ("the schema accepts" if accepted else "the schema refuses", code)


def bodies(path: str) -> st.SearchStrategy[dict[str, Any]]:
    """Make bodies whose fields are near their bounds, of any type, or absent, with unknown fields among them."""
    anything = st.sampled_from(WRONG) | st.text(CHARACTERS, max_size=6)
    known = {
        name: st.sampled_from(list(near_values(field, GOOD[path][name]))) | anything
        for name, field in SCHEMAS[path]["properties"].items()
    }
    good = st.fixed_dictionaries({}, optional={name: st.just(value) for name, value in GOOD[path].items()})
    changed = st.fixed_dictionaries({}, optional={**known, "unknown": anything})
    return st.tuples(good, changed).map(lambda pair: {**GOOD[path], **pair[0], **pair[1]}) | good | changed


def test_every_route_with_a_schema_is_compared() -> None:
    assert {route.path: route.schema for route in ROUTES if route.schema} == SCHEMAS
    assert {path: set(schema["properties"]) for path, schema in SCHEMAS.items()} == {
        path: set(body) for path, body in GOOD.items()
    }


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_good_body_is_accepted_by_both(path: str) -> None:
    assert accepts(SCHEMAS[path], GOOD[path])
    assert refusal(path, json.dumps(GOOD[path])) == ""


@pytest.mark.parametrize("path", SCHEMAS)
def test_both_agree_on_every_value_next_to_a_bound(path: str) -> None:
    near = [*near_objects(SCHEMAS[path], GOOD[path]), *WRONG]
    judged = [accepts(SCHEMAS[path], body) for body in near]
    assert len(near) > 100
    assert 20 < sum(judged) < len(near) - 20
    for body in near:
        assert_agreed(path, body)


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_change_of_any_keyword_of_a_schema_is_noticed(path: str) -> None:
    near = [json.dumps(body) for body in (*near_objects(SCHEMAS[path], GOOD[path]), *WRONG)]
    judged = [(json.loads(raw), refusal(path, raw) not in MALFORMED) for raw in near]
    changed = dict(changed_schemas(SCHEMAS[path]))
    assert len(changed) > 20
    unnoticed = [
        place for place, schema in changed.items() if all(accepts(schema, body) == good for body, good in judged)
    ]
    assert unnoticed == []


@given(st.data())
def test_both_agree_on_any_body(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(SCHEMAS)))
    assert_agreed(path, data.draw(bodies(path)))


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_field_that_may_be_absent_may_be_null(path: str) -> None:
    schema = SCHEMAS[path]
    nullable = {name for name, field in schema["properties"].items() if "null" in types_of(field)}
    assert nullable == set(schema["properties"]) - set(schema["required"])


@pytest.mark.parametrize("raw", ['{"question": "a", "more": NaN}', '{"question": "a", "more": -Infinity}'])
def test_what_only_python_reads_as_json_is_refused(raw: str) -> None:
    assert refusal("docs", raw) == "invalid_json"


def test_a_number_of_thousands_of_digits_is_a_size_that_is_too_large() -> None:
    raw = json.dumps(GOOD["upload"]).replace('"fileSize": 5', f'"fileSize": {"9" * 5000}')
    assert refusal("upload", raw) == "too_large"
    assert refusal("upload", raw.replace(": 9", ": -9")) == "invalid_request"


@pytest.mark.parametrize("path", SCHEMAS)
def test_a_body_that_is_nested_too_deep_is_not_called_malformed(path: str) -> None:
    raw = json.dumps({**GOOD[path], "unknown": "deep"}).replace('"deep"', "[" * 100_000 + "]" * 100_000)
    assert refusal(path, raw) == "too_large"


def test_both_call_the_same_characters_visible() -> None:
    assert query.text.VISIBLE == VISIBLE
    categories = {"Cc", "Cf", "Zs", "Zl", "Zp"}
    for code in range(0x10000):
        assert matches(VISIBLE, chr(code)) == (unicodedata.category(chr(code)) not in categories), hex(code)


@given(st.text(st.characters(exclude_categories=[]) | CHARACTERS))
def test_a_pattern_has_the_same_result_on_code_points_and_on_utf_16_units(text: str) -> None:
    """API Gateway does not document which of the two its regular expressions see."""
    units = text.encode("utf-16-le", "surrogatepass")
    split = "".join(chr(units[index] | units[index + 1] << 8) for index in range(0, len(units), 2))
    assert matches(VISIBLE, text) == matches(VISIBLE, split)
