"""Each kind of change is reported, once, by the right region, with words that are true."""

import json

import pytest

from notifications.messages import COLUMNS, DETAIL_TYPES, SUBJECT_CHARACTERS
from notifications.publish import topic_payloads
from standby_protocol.automatic import DRILL_KEY
from standby_protocol.routing_config import KEY
from tests.lambdas.notifications.world import FAILOVER, PRIMARY, World, config_body


@pytest.fixture
def world() -> World:
    """Both regions, after their functions have looked twice."""
    made = World()
    made.minutes(2)
    assert made.ids() == []
    return made


def test_nothing_is_reported_of_what_was_there_at_the_first_look() -> None:
    world = World()
    world.switch(FAILOVER, runs=False)
    world.minutes(10)
    assert world.ids() == []


def test_a_failover_is_reported_once_by_the_region_that_serves_now_with_who_and_why(world: World) -> None:
    change = world.switch(FAILOVER)
    world.minutes(5)
    assert world.inboxes[FAILOVER].ids() == [change]
    assert world.inboxes[FAILOVER].ids("bus") == [change]
    assert world.inboxes[PRIMARY].ids() == []
    (message,) = world.sent()
    assert message.words.title == "us-east-1 serves users now"
    assert "Before: us-west-2." in message.text
    assert "By: arn:aws:iam::111122223333:user/alice (alice@laptop), with" in message.text
    assert "`standby failover`." in message.text
    assert "Reason: us-west-2 is down." in message.text
    assert message.document()["facts"]["generation"] == 2


def test_a_failover_is_reported_while_the_other_region_is_down(world: World) -> None:
    world.buckets[PRIMARY].down = True
    change = world.switch(FAILOVER)
    assert world.inboxes[FAILOVER].ids() == [change]
    world.minutes(8)
    assert world.inboxes[FAILOVER].kinds() == [("serving-region-changed", "changed"), ("region-silent", "began")]
    world.buckets[PRIMARY].down = False
    world.minutes(2)
    assert world.inboxes[FAILOVER].kinds()[2:] == [("config-copies-disagree", "began"), ("region-silent", "ended")]
    assert change not in world.inboxes[PRIMARY].ids()


def test_the_other_region_reports_after_a_minute_if_the_serving_one_does_not(world: World) -> None:
    world.stopped.add(FAILOVER)
    change = world.switch(FAILOVER)
    world.run(PRIMARY)
    assert world.ids() == []
    world.clock.forward(61)
    world.run(PRIMARY)
    assert world.inboxes[PRIMARY].ids() == [change]
    world.stopped.clear()
    world.minutes(3)
    assert world.ids() == [change]


def test_a_move_of_the_controller_says_so(world: World) -> None:
    world.switch(FAILOVER, actor="controller (chatbot-controller)", reason="4 of 5 looks failed")
    (message,) = world.sent()
    assert message.words.title == "us-east-1 serves users now, moved by the controller"
    assert "Reason: 4 of 5 looks failed." in message.text


def test_two_moves_between_two_looks_are_both_reported(world: World) -> None:
    there = world.switch(FAILOVER, runs=False)
    back = world.switch(PRIMARY, command="failback", runs=False)
    world.minutes(4)
    assert sorted(world.ids()) == sorted([there, back])


def test_a_command_that_failed_is_not_reported(world: World) -> None:
    event = {
        "id": "0abc",
        "generation": 2,
        "command": "failover",
        "actor": "alice",
        "startedAt": "2026-11-28T07:01:00Z",
        "result": "failed",
        "from": PRIMARY,
        "to": FAILOVER,
    }
    world.journal(FAILOVER, event)
    world.minutes(7)
    assert world.ids() == []


def test_a_manual_edit_is_reported_by_its_own_region_and_moves_users_if_it_does(world: World) -> None:
    world.edit(FAILOVER, FAILOVER)
    world.minutes(2)
    assert world.inboxes[FAILOVER].kinds() == [
        ("serving-region-changed", "changed"),
        ("config-manually-edited", "changed"),
    ]
    assert world.inboxes[PRIMARY].ids() == []
    moved, edited = world.sent()
    assert "By: not known. config.json in us-east-1 was edited by hand." in moved.text
    assert edited.words.title == "config.json in us-east-1 was edited by hand"


def test_an_edit_that_names_another_api_says_that_it_is_of_neither_region(world: World) -> None:
    world.edit(FAILOVER, "https://elsewhere.example.com/")
    world.minutes(1)
    assert "an API of neither region (https://elsewhere.example.com/) serves users now" in world.sent()[0].text


def test_copies_that_disagree_are_reported_after_five_minutes_and_when_they_agree_again(world: World) -> None:
    world.buckets[FAILOVER].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(4)
    assert world.ids() == []
    world.minutes(3)
    assert [message.change.phase for message in world.sent()] == ["began"]
    assert "us-west-2: us-west-2 serves, generation 1." in world.sent()[0].text
    world.buckets[PRIMARY].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(3)
    assert [message.change.phase for message in world.sent()] == ["began", "ended"]


def test_copies_that_differ_for_a_minute_are_not_reported(world: World) -> None:
    world.buckets[FAILOVER].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(1)
    world.buckets[PRIMARY].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:01:00Z"))
    world.minutes(9)
    assert world.ids() == []


def test_a_copy_that_cannot_be_read_is_no_disagreement_and_moves_nobody_back(world: World) -> None:
    world.buckets[PRIMARY].down = True
    change = world.switch(FAILOVER)
    world.buckets[PRIMARY].down = False
    world.buckets[FAILOVER].down = True
    world.minutes(4)
    assert [one for one in world.ids() if one != change] == []


def test_an_old_copy_of_the_same_generation_moves_nobody_while_the_other_one_cannot_be_read(world: World) -> None:
    world.buckets[PRIMARY].write(KEY, config_body(PRIMARY, 2, "2026-11-28T07:00:30Z"))
    world.buckets[FAILOVER].write(KEY, config_body(FAILOVER, 2, "2026-11-28T07:00:40Z"))
    world.minutes(2)
    reported = world.ids()
    world.buckets[FAILOVER].down = True
    world.minutes(2)
    assert world.ids() == reported


def test_what_is_first_seen_after_a_failed_first_look_is_no_change() -> None:
    world = World()
    for bucket in world.buckets.values():
        bucket.denied = {"ListObjectsV2"}
        bucket.objects.pop(KEY)
    world.minutes(2)
    for bucket in world.buckets.values():
        bucket.denied = set()
        bucket.write(KEY, config_body(PRIMARY, 1, "2026-11-28T06:00:00Z"))
    world.minutes(4)
    assert [one for one in world.ids() if one.startswith("serving:")] == []


@pytest.mark.parametrize("alarm", ["chatbot-health", "chatbot-readiness"])
def test_readiness_is_reported_when_it_turns_red_and_when_it_turns_green(world: World, alarm: str) -> None:
    world.alarms[FAILOVER].set(alarm, "ALARM")
    world.minutes(2)
    world.alarms[FAILOVER].set(alarm, "INSUFFICIENT_DATA")
    world.minutes(2)
    assert [message.words.title for message in world.sent()] == ["us-east-1 is not ready to serve users"]
    assert f"Alarms: {alarm}." in world.sent()[0].text
    world.alarms[FAILOVER].set(alarm, "OK")
    world.minutes(2)
    assert world.inboxes[FAILOVER].kinds() == [("readiness-changed", "began"), ("readiness-changed", "ended")]
    assert world.inboxes[PRIMARY].ids() == []


def test_a_region_that_is_red_at_the_first_look_is_reported() -> None:
    world = World()
    world.alarms[PRIMARY].set("chatbot-health", "ALARM")
    world.minutes(2)
    assert [message.words.title for message in world.sent()] == ["us-west-2 is not ready to serve users"]


def test_alarms_that_cannot_be_read_are_no_readiness(world: World) -> None:
    world.alarms[PRIMARY].denied = True
    world.minutes(3)
    assert world.ids() == []


def test_a_function_that_stops_is_reported_by_the_other_region(world: World) -> None:
    world.stopped.add(PRIMARY)
    world.minutes(7)
    assert [message.words.title for message in world.sent()] == ["us-west-2 has been silent for more than 5 minutes"]
    assert "its function does not run" in world.sent()[0].text


def test_a_region_that_was_never_applied_is_not_missed() -> None:
    world = World(stopped={FAILOVER})
    world.minutes(12)
    assert world.ids() == []


def test_a_drill_is_reported_when_it_begins_and_when_its_mark_is_gone(world: World) -> None:
    world.drill(30)
    world.minutes(3)
    world.drill(30)  # it renews its mark
    world.minutes(3)
    assert world.inboxes[PRIMARY].kinds() == [("drill", "began")]
    for bucket in world.buckets.values():
        del bucket.objects[DRILL_KEY]
    world.minutes(3)
    assert world.inboxes[PRIMARY].kinds() == [("drill", "began"), ("drill", "ended")]
    assert world.inboxes[FAILOVER].ids() == []
    assert world.sent()[0].words.title == "A drill began (region-loss)"


def test_a_drill_that_was_killed_is_reported_when_its_mark_expires(world: World) -> None:
    world.drill(5)
    world.minutes(10)
    assert [message.change.phase for message in world.sent()] == ["began", "ended"]


def test_a_mark_that_says_no_time_is_no_drill(world: World) -> None:
    for body in (b"", b"[]", b'{"until": "soon"}', b'{"until": 1}'):
        world.buckets[PRIMARY].write(DRILL_KEY, body)
        world.minutes(2)
    assert world.ids() == []


def test_the_controller_s_refusal_is_reported_by_its_region_once_for_each_reason(world: World) -> None:
    world.controller.decide("watch", "1 of the last 5 looks failed")
    world.minutes(2)
    world.controller.decide("wait", "its switch in the failover region cannot be read")
    world.minutes(2)
    assert world.ids() == []
    world.controller.decide("wait", "the primary region is lost, but a drill is on until 07:30:00 UTC")
    world.minutes(4)
    assert world.inboxes[FAILOVER].kinds() == [("automatic-failover-refused", "changed")]
    assert "Reason: a drill is on until 07:30:00 UTC." in world.sent()[0].text
    world.controller.decide("watch", "0 of the last 5 looks failed")
    world.minutes(2)
    world.controller.decide("wait", "the primary region is lost, but the failover region is not healthy: x")
    world.minutes(2)
    assert len(world.inboxes[FAILOVER].ids()) == 2
    assert world.inboxes[PRIMARY].ids() == []


def test_each_text_fits_80_columns_and_each_subject_is_ascii() -> None:
    world = World()
    world.minutes(1)
    world.switch(FAILOVER, actor=f"arn:aws:sts::111122223333:assumed-role/{'r' * 90}/ä", reason="ü" * 200)
    world.edit(PRIMARY, "https://elsewhere.example.com/")
    world.alarms[PRIMARY].set("chatbot-health", "ALARM")
    world.minutes(8)
    assert len(world.sent()) >= 4
    for message in world.sent():
        assert max(map(len, message.text.splitlines())) <= COLUMNS
        assert message.subject.isascii()
        assert len(message.subject) <= SUBJECT_CHARACTERS
        assert message.text.splitlines()[-1].startswith("Next: `standby ")


def test_an_email_has_the_text_and_then_the_document_and_a_program_gets_the_document_alone(world: World) -> None:
    world.switch(FAILOVER)
    (message,) = world.sent()
    payloads = topic_payloads(message)
    text, _, attached = payloads["email"].partition("\n\n")
    assert text == message.text
    assert json.loads(attached) == {name: value for name, value in message.document().items() if name != "text"}
    assert json.loads(payloads["default"]) == message.document()
    assert set(DETAIL_TYPES) >= {message.change.kind}
