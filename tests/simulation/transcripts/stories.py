"""The stories of one command each: the world, the command, and what happens at one of its calls."""

from collections.abc import Callable, Mapping
from typing import Final

from tests.simulation import calls
from tests.simulation.commands import Spec
from tests.simulation.machine import Answer
from tests.simulation.records import Stored, time_of
from tests.simulation.scenarios import failback, failover, reconcile
from tests.simulation.transcripts.play import (
    At,
    Both,
    Happening,
    another_switch,
    answer,
    edit,
    set_status,
)
from tests.simulation.world import EAST, WEST, World


def refuse_writes(region: str) -> At:
    """Refuse each write of config.json in a region, as if it had just changed."""
    refused = calls.answer_error(412, "PreconditionFailed")
    return At(operation="PutObject", region=region, key=CONFIG, act=answer(refused), always=True)


NO_ANSWER: Final = Answer(failure="time-out", delay=2.0)
REFUSED: Final = Answer(failure="refused")
DENIED: Final = calls.answer_error(403, "AccessDenied")
SLOW_DOWN: Final = calls.answer_error(503, "SlowDown")
CONFLICT: Final = calls.answer_error(409, "ConditionalRequestConflict")
CONFIG: Final = "config.json"
JOURNAL: Final = "standby/journal/"
OTHER_API: Final = "https://elsewhere.example/"


def begin(serving: str = "primary", *, documents: int = 0, status: Mapping[str, str] = {}) -> World:
    world = World.begin(serving=serving, generation=3 if serving == "primary" else 4, documents=documents)  # type: ignore[arg-type]  # a role
    world.status |= status
    return world


def late(region: str, *keys: str, replication: str = "FAILED") -> World:
    """Return a world in which the other region lacks documents of a region."""
    world = begin()
    for number, key in enumerate(keys):
        stored = Stored(body=b"late " + key.encode(), modified=time_of(number), status=replication)
        world.objects[region, "docs", key] = stored
        world.indexed[region] = world.content(region)
    return world


def older() -> World:
    """Return a world in which the failover region has an older version of a document."""
    world = late(WEST, "a.txt")
    world.objects[EAST, "docs", "a.txt"] = Stored(body=b"older", modified=time_of(-9))
    world.indexed[EAST] = world.content(EAST)
    return world


def break_configs(world: World, _: calls.Call) -> None:
    """Let a person write what is no config into both buckets."""
    for region in (WEST, EAST):
        world.write(region, "frontend", CONFIG, b"{")


def with_config(text: bytes | None, *regions: str) -> World:
    world = begin()
    for region in regions:
        if text is None:
            world.remove_config(region)
        else:
            world.write(region, "frontend", CONFIG, text)
    return world


def sick(region: str, serving: str = "primary") -> World:
    world = begin(serving)
    world.sick = frozenset({region})
    return world


def denied(operation: str, region: str, bucket: str, serving: str = "primary") -> World:
    world = begin(serving)
    world.denied = frozenset({(region, operation, bucket)})
    return world


Story = tuple[Callable[[], World], Spec, Happening | None]
STORIES: Final[Mapping[str, Story]] = {
    "failover": (begin, failover(1), None),
    "failover, the primary region is down": (lambda: begin(status={WEST: "down"}), failover(1), None),
    "failover, the primary region hangs": (lambda: begin(status={WEST: "hung"}), failover(1), None),
    "failover, the journal is denied": (lambda: denied("PutObject", EAST, "frontend"), failover(1), None),
    "failover, the journal hangs": (begin, failover(1), At(operation="PutObject", key=JOURNAL, act=answer(NO_ANSWER))),
    "failover, the other copy is denied": (lambda: denied("PutObject", WEST, "frontend"), failover(1), None),
    "failover, its own copy is denied": (
        begin,
        failover(1),
        At(operation="PutObject", region=EAST, key=CONFIG, act=answer(DENIED), always=True),
    ),
    "failover, a lost answer of its own copy": (
        begin,
        failover(1),
        At(operation="PutObject", region=EAST, key=CONFIG, act=answer(NO_ANSWER, serve=True)),
    ),
    "failover, its own region is lost in the write": (
        begin,
        failover(1),
        At(operation="PutObject", region=EAST, key=CONFIG, act=set_status(EAST, "down", then=NO_ANSWER)),
    ),
    "failover, the other region is lost in the write": (
        begin,
        failover(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=set_status(WEST, "down", then=NO_ANSWER)),
    ),
    "failover, no invalidation": (begin, failover(1), At(operation="CreateInvalidation", act=answer(DENIED))),
    "failover, the edge answers 503": (
        begin,
        failover(1),
        At(operation="GET config.json", act=answer(Answer(status=503)), always=True),
    ),
    "failover, the edge answers no config": (
        begin,
        failover(1),
        At(operation="GET config.json", act=answer(Answer(body=b"{")), always=True),
    ),
    "failover, the edge does not answer": (
        begin,
        failover(1),
        At(operation="GET config.json", act=answer(REFUSED), always=True),
    ),
    "failover, the edge shows an edit": (
        begin,
        failover(1),
        At(operation="GET config.json", act=answer(Answer(body=b'{"apiUrl": "https://a.example/"}')), always=True),
    ),
    "failover, the edge shows the old config once": (
        begin,
        failover(1),
        At(operation="GET config.json", act=answer(Answer(status=503))),
    ),
    "failover, no question is answered": (
        begin,
        failover(1),
        At(operation="POST docs", act=answer(Answer(status=500)), always=True),
    ),
    "failover, the API is sick afterwards": (
        begin,
        failover(1),
        At(operation="GET health", number=2, act=answer(Answer(status=503)), always=True),
    ),
    "failover, the API does not answer afterwards": (
        begin,
        failover(1),
        At(operation="GET health", number=2, act=answer(REFUSED), always=True),
    ),
    "failover, a sick target": (lambda: sick(EAST), failover(1), None),
    "failover, forced, a sick target": (lambda: sick(EAST), failover(1, force=True), None),
    "failover, another person wins": (
        begin,
        failover(1),
        At(operation="PutObject", key=CONFIG, act=another_switch(WEST, generation=5)),
    ),
    "failover, another command wins, and no journal names it": (
        begin,
        failover(1),
        At(operation="PutObject", key=CONFIG, act=another_switch(WEST, generation=5, named=False)),
    ),
    "failover, another command has written less": (
        begin,
        failover(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=another_switch(WEST, generation=3, named=False)),
    ),
    "failover, a person edits the other copy": (
        begin,
        failover(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=edit(WEST, api_url=OTHER_API)),
    ),
    "failover, a person edits both copies": (
        begin,
        failover(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=edit(WEST, EAST, api_url=OTHER_API)),
    ),
    "failover, the other region refuses each write": (
        begin,
        failover(1),
        refuse_writes(WEST),
    ),
    "failover, the target refuses each write": (
        begin,
        failover(1),
        refuse_writes(EAST),
    ),
    "failover, the target goes down in a conflict": (
        begin,
        failover(1),
        At(
            operation="PutObject",
            region=WEST,
            key=CONFIG,
            act=Both(first=edit(WEST, api_url=OTHER_API), second=set_status(EAST, "down")),
        ),
    ),
    "failover, both copies are invalid in a conflict": (
        begin,
        failover(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=break_configs),
    ),
    "failover, its own copy is invalid in a conflict": (
        begin,
        failover(1),
        At(operation="PutObject", region=EAST, key=CONFIG, act=break_configs),
    ),
    "reconcile, a copy hangs": (
        lambda: late(WEST, "a.txt", "b.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(Answer(failure="time-out", delay=10_000)), always=True),
    ),
    "failover, the other region is lost in a conflict": (
        begin,
        failover(1),
        At(
            operation="PutObject",
            region=WEST,
            key=CONFIG,
            act=set_status(WEST, "down", then=calls.answer_error(412, "PreconditionFailed")),
        ),
    ),
    "failover, the last write of the journal fails": (
        begin,
        failover(1),
        At(operation="PutObject", key=JOURNAL, number=2, act=answer(DENIED), always=True),
    ),
    "failover again": (lambda: begin("failover"), failover(1), None),
    "failback": (lambda: begin("failover", documents=1), failback(1), None),
    "failback, a sick primary region": (lambda: sick(WEST, "failover"), failback(1), None),
    "failback, the primary region hangs": (lambda: begin("failover", status={WEST: "hung"}), failback(1), None),
    "failback, the failover region is down": (lambda: begin("failover", status={EAST: "down"}), failback(1), None),
    "failback, forced, the failover region is down": (
        lambda: begin("failover", status={EAST: "down"}),
        failback(1, force=True),
        None,
    ),
    "failback, already there": (begin, failback(1), None),
    "reconcile, in sync": (lambda: begin(documents=2), reconcile(1), None),
    "reconcile, two documents": (lambda: late(WEST, "a.txt", "b.txt"), reconcile(1), None),
    "reconcile, documents of both regions": (lambda: late(EAST, "c.txt"), reconcile(1), None),
    "reconcile, an older document there": (older, reconcile(1), None),
    "reconcile, a newer document there by now": (
        older,
        reconcile(1),
        At(operation="CopyObject", act=answer(calls.answer_error(412, "PreconditionFailed"))),
    ),
    "reconcile, a document that was there already": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(calls.answer_error(412, "PreconditionFailed"), serve=True)),
    ),
    "reconcile, a document that was deleted": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(calls.answer_error(404, "NoSuchKey"))),
    ),
    "reconcile, a copy that conflicts twice": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        Both(
            first=At(operation="CopyObject", act=answer(CONFLICT)),
            second=At(operation="CopyObject", number=2, act=answer(CONFLICT)),
        ),
    ),
    "reconcile, a copy that conflicts for ever": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(CONFLICT), always=True),
    ),
    "reconcile, S3 asks to slow down": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(SLOW_DOWN)),
    ),
    "reconcile, S3 asks to slow down for ever": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(SLOW_DOWN), always=True),
    ),
    "reconcile, copies are denied": (
        lambda: late(WEST, "a.txt", "b.txt"),
        reconcile(1),
        At(operation="CopyObject", act=answer(DENIED), always=True),
    ),
    "reconcile, no copy is answered": (
        lambda: late(WEST, *(f"{number:03}.txt" for number in range(101))),
        reconcile(1),
        At(operation="CopyObject", act=answer(NO_ANSWER), always=True),
    ),
    "reconcile, a hundred documents": (
        lambda: late(WEST, *(f"{number:03}.txt" for number in range(100))),
        reconcile(1),
        None,
    ),
    "reconcile, the sweep is denied": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="Invoke", act=answer(DENIED), always=True),
    ),
    "reconcile, the sweep fails": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="Invoke", act=answer(calls.answer_json({"errorMessage": "no"})), always=True),
    ),
    "reconcile, every job fails": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="Invoke", act=answer(calls.answer_json({"decision": "start"})), always=True),
    ),
    "reconcile, a job never ends": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        At(operation="Invoke", act=answer(calls.answer_json({"decision": "wait"})), always=True),
    ),
    "reconcile, the jobs cannot be read": (
        lambda: late(WEST, "a.txt"),
        reconcile(1),
        Both(
            first=At(operation="Invoke", act=answer(calls.answer_json({"decision": "start"})), always=True),
            second=At(operation="ListIngestionJobs", number=3, act=answer(DENIED), always=True),
        ),
    ),
    "reconcile, config.json is missing": (lambda: with_config(None, WEST), reconcile(1), None),
    "reconcile, both are missing": (lambda: with_config(None, WEST, EAST), reconcile(1), None),
    "reconcile, an invalid copy": (lambda: with_config(b"{", WEST), reconcile(1), None),
    "reconcile, forced, an invalid copy": (lambda: with_config(b"{", WEST), reconcile(1, force=True), None),
    "reconcile, an edit": (
        lambda: with_config(b'{"apiUrl": "https://elsewhere.example/"}', EAST, WEST),
        reconcile(1),
        None,
    ),
    "reconcile, a region is down": (lambda: begin(status={WEST: "down"}), reconcile(1), None),
    "reconcile, the journal is denied": (
        lambda: with_config(None, WEST),
        reconcile(1),
        At(operation="PutObject", key=JOURNAL, act=answer(DENIED), always=True),
    ),
    "reconcile, the second write is lost": (
        lambda: with_config(None, WEST, EAST),
        reconcile(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=set_status(WEST, "down", then=NO_ANSWER)),
    ),
    "reconcile, the second write is denied": (
        lambda: with_config(None, WEST, EAST),
        reconcile(1),
        At(operation="PutObject", region=WEST, key=CONFIG, act=answer(DENIED), always=True),
    ),
}
