"""The base of the JSON documents, and the field table that the docs are generated from."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

import pytest
from pydantic import Field, ValidationError, computed_field

from docs.field_table import field_table
from standby.json_model import ONE_ROW, JsonModel, Key

Role = Literal["primary", "failover"]


class Event(JsonModel):
    started_at: datetime = Field(description="when it began, in UTC")
    from_: str = Field(validation_alias="from", serialization_alias="from", description="the region before")


class Queue(JsonModel):
    waiting: int
    in_flight: int


class Unavailable(JsonModel):
    unavailable: str = Field(description="why it could not be read")


class Region(JsonModel):
    region: str = Field(description="the AWS region")
    events: tuple[Event, ...] | Unavailable = Field(description="the events, oldest first")
    queues: Annotated[Queue | None, ONE_ROW] = Field(default=None, description="`waiting` and `inFlight`")


class Status(JsonModel):
    schema_version: Literal[2] = Field(default=2, description="2")
    reasons: tuple[str, ...] = Field(default=(), description="what is wrong, one sentence each")
    regions: Mapping[Annotated[Role, Key("ROLE")], Region] = Field(default_factory=dict)
    last_switch: Event | None = None
    read_from: str = Field(default="", exclude=True, description="not in the JSON")
    seconds: Mapping[str, float] = Field(default_factory=dict, description="how long each phase took")
    measures: Mapping[Annotated[str, Key("MEASURE")], float | None] = Field(
        default_factory=dict, description="one figure"
    )

    @computed_field(description="whether nothing is wrong")  # type: ignore[prop-decorator]  # as pydantic documents it
    @property
    def is_well(self) -> bool:
        return not self.reasons


EVENT = Event(started_at=datetime(2026, 11, 26, 5, tzinfo=UTC), from_="us-west-2")
TABLE = {
    "schemaVersion": "2",
    "reasons[]": "what is wrong, one sentence each",
    "regions.ROLE.region": "the AWS region",
    "regions.ROLE.events[]": "the events, oldest first",
    "regions.ROLE.events[].startedAt": "when it began, in UTC",
    "regions.ROLE.events[].from": "the region before",
    "regions.ROLE.events.unavailable": "why it could not be read",
    "regions.ROLE.queues": "`waiting` and `inFlight`",
    "lastSwitch.startedAt": "when it began, in UTC",
    "lastSwitch.from": "the region before",
    "seconds": "how long each phase took",
    "measures.MEASURE": "one figure",
    "isWell": "whether nothing is wrong",
}


def test_the_field_table_names_every_field_by_its_path_in_order() -> None:
    assert list(field_table(Status).items()) == list(TABLE.items())


def test_the_json_has_the_names_of_the_field_table() -> None:
    region = Region(region="us-west-2", events=(EVENT,), queues=Queue(waiting=1, in_flight=2))
    status = Status(reasons=("one",), regions={"primary": region}, last_switch=EVENT, seconds={"apply": 1.5})
    event = {"startedAt": "2026-11-26T05:00:00Z", "from": "us-west-2"}
    assert status.as_json() == {
        "schemaVersion": 2,
        "reasons": ["one"],
        "regions": {"primary": {"region": "us-west-2", "events": [event], "queues": {"waiting": 1, "inFlight": 2}}},
        "lastSwitch": event,
        "seconds": {"apply": 1.5},
        "measures": {},
        "isWell": False,
    }


def test_a_document_is_read_as_it_was_written() -> None:
    assert Event.from_json(EVENT.as_json()) == EVENT


@pytest.mark.parametrize(
    "value", [{}, [], None, {"startedAt": "never", "from": "x"}, {"started_at": "2026-11-26T05:00:00Z", "from": "x"}]
)
def test_a_document_of_another_shape_is_an_error(value: object) -> None:
    with pytest.raises(ValidationError):
        Event.from_json(value)


def test_an_undeclared_field_is_an_error() -> None:
    with pytest.raises(ValidationError, match="extra"):
        Event.from_json({**EVENT.as_json(), "extra": 1})


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        EVENT.from_ = "us-east-1"


def test_a_field_without_a_description_is_an_error() -> None:
    class Holder(JsonModel):
        queues: tuple[Queue, ...]

    with pytest.raises(ValueError, match=r"^queues\[\]\.waiting has no description\.$"):
        field_table(Holder)


def test_a_mapping_to_models_must_name_its_key() -> None:
    class Holder(JsonModel):
        events: Mapping[str, Event]

    with pytest.raises(ValueError, match=r"^events maps to models: name its key"):
        field_table(Holder)
