"""What both regions publish, log and remember in a story, as a reviewer reads it."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pytest
from syrupy.assertion import SnapshotAssertion

from notifications.publish import topic_payloads
from notifications.read import STATE_KEY
from standby_protocol.automatic import DRILL_KEY
from standby_protocol.routing_config import KEY
from tests.lambdas.notifications.world import FAILOVER, OTHER, PRIMARY, REGIONS, World, config_body

REFUSED_MOVE: Final = "the primary region is lost, but a drill is on until 07:30:00 UTC"
MANY: Final = "https://elsewhere.example.com/"


def failover_and_back(world: World) -> None:
    world.switch(FAILOVER)
    world.minutes(2)
    world.switch(PRIMARY, command="failback", actor="bob", reason="")
    world.minutes(2)


def failover_without_the_primary_region(world: World) -> None:
    world.buckets[PRIMARY].down = True
    world.switch(FAILOVER, actor="controller (chatbot-controller)", reason="4 of 5 looks failed")
    world.minutes(8)
    world.buckets[PRIMARY].down = False
    world.minutes(8)


def failover_seen_by_the_journal_alone(world: World) -> None:
    world.stopped.add(FAILOVER)
    world.switch(FAILOVER, runs=False)
    world.buckets[PRIMARY].denied = {"ListObjectsV2"}
    world.minutes(3)
    world.stopped.clear()
    world.buckets[PRIMARY].denied = set()
    world.minutes(3)


def edits(world: World) -> None:
    world.edit(FAILOVER, FAILOVER)
    world.minutes(2)
    world.edit(PRIMARY, MANY)
    world.minutes(2)
    world.buckets[PRIMARY].write(KEY, b"{")
    world.minutes(8)
    del world.buckets[PRIMARY].objects[KEY]
    world.minutes(8)
    world.buckets[FAILOVER].write(KEY, config_body(PRIMARY, 5, "2026-11-28T07:01:00Z"))
    world.buckets[PRIMARY].write(KEY, config_body(PRIMARY, 5, "2026-11-28T07:01:00Z"))
    world.minutes(3)


def copies_disagree_and_agree(world: World) -> None:
    world.buckets[FAILOVER].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(7)
    world.buckets[PRIMARY].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(3)


def alarms_and_silence(world: World) -> None:
    world.alarms[FAILOVER].set("chatbot-readiness", "ALARM")
    world.alarms[FAILOVER].set("chatbot-health", "ALARM")
    world.minutes(2)
    world.alarms[FAILOVER].states = dict.fromkeys(world.alarms[FAILOVER].states, "OK")
    world.alarms[FAILOVER].set("chatbot-health", "OK")
    world.minutes(2)
    world.alarms[FAILOVER].denied = True
    del world.alarms[PRIMARY].states["chatbot-health"]
    world.minutes(1)
    world.stopped.add(PRIMARY)
    world.minutes(7)
    world.stopped.clear()
    world.minutes(2)


def state_that_cannot_be_read(world: World) -> None:
    world.stopped.add(PRIMARY)
    world.buckets[PRIMARY].write(STATE_KEY, b"{}")
    world.minutes(8)
    world.buckets[PRIMARY].denied = {"GetObject"}
    world.minutes(3)


def state_of_another_version(world: World) -> None:
    world.buckets[FAILOVER].write(STATE_KEY, b'{"schemaVersion": 9}')
    world.alarms[FAILOVER].states = {}
    world.minutes(2)


def drills(world: World) -> None:
    world.drill(30)
    world.minutes(2)
    for bucket in world.buckets.values():
        del bucket.objects[DRILL_KEY]
    world.minutes(2)
    mark = {"until": "2026-11-28T07:08:30+00:00", "actor": "carol"}
    world.buckets[PRIMARY].write(DRILL_KEY, json.dumps(mark).encode())
    world.minutes(6)


def controller_refuses(world: World) -> None:
    world.controller.decide("wait", REFUSED_MOVE)
    world.minutes(3)
    world.controller.decide("wait", REFUSED_MOVE.replace("a drill is on", "another drill is on"))
    world.minutes(2)
    world.controller.value = "nonsense"
    world.minutes(1)


def channels_fail(world: World) -> None:
    world.inboxes[FAILOVER].failing = {"bus", "topic"}
    world.switch(FAILOVER)
    world.minutes(2)
    world.inboxes[FAILOVER].failing = {"topic"}
    world.minutes(2)
    world.inboxes[FAILOVER].failing = set()
    world.minutes(2)


STORIES: Final[Mapping[str, Callable[[World], None]]] = {
    story.__name__: story
    for story in (
        failover_and_back,
        failover_without_the_primary_region,
        failover_seen_by_the_journal_alone,
        edits,
        copies_disagree_and_agree,
        alarms_and_silence,
        state_that_cannot_be_read,
        state_of_another_version,
        drills,
        controller_refuses,
        channels_fail,
    )
}


@pytest.mark.parametrize("name", STORIES)
def test_a_story_is_published_logged_and_remembered_as_it_was_reviewed(
    name: str, snapshot: SnapshotAssertion, capsys: pytest.CaptureFixture[str]
) -> None:
    world = World()
    world.minutes(2)
    STORIES[name](world)
    assert "\n".join(_describe(world, capsys.readouterr().out)) == snapshot


def _describe(world: World, logged: str) -> Iterator[str]:
    for region in REGIONS:
        for message, channel in world.inboxes[region].sent:
            yield f"{region} to the {channel}: {message.subject}"
            if channel == "topic":
                yield from (f"  {line}" for line in message.text.splitlines())
                yield f"  sms: {topic_payloads(message)['sms']}"
            else:
                document = {name: value for name, value in message.document().items() if name not in {"text", "title"}}
                yield f"  {json.dumps(document)}"
    entries = [json.loads(line) for line in logged.splitlines()]
    yield from dict.fromkeys("log " + json.dumps({**entry, "timestamp": ""}) for entry in entries)
    for region in REGIONS:
        found = world.buckets[region].objects.get(STATE_KEY)
        yield f"{region} remembers {json.dumps(json.loads(found.body)) if found else 'nothing'}"


def test_the_state_is_never_cached_and_is_json(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    asked: list[dict[str, object]] = []
    bucket = world.buckets[PRIMARY]
    put = bucket.put_object

    def keep(**arguments: object) -> object:
        asked.append({name: value for name, value in arguments.items() if name != "Body"})
        return put(**arguments)  # type: ignore[arg-type]  # the arguments of boto3's

    monkeypatch.setattr(bucket, "put_object", keep)
    world.run(PRIMARY)
    world.clock.forward(60)
    world.run(PRIMARY)
    same = {
        "Bucket": "own",
        "Key": "standby/notifications/state.json",
        "ContentType": "application/json",
        "CacheControl": "no-store",
    }
    etags = [one.pop("IfMatch") for one in asked if "IfMatch" in one]
    assert asked[0] == {**same, "IfNoneMatch": "*"}
    assert asked[1:] == [same] * (len(asked) - 1)
    assert len(etags) == len(asked) - 1
    assert OTHER[PRIMARY] == FAILOVER
