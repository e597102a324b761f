"""The verdicts, reasons and next commands of `status`."""

from typing import Final

from tests.simulation.messages.checks import copies_were_equal, documents_lack, is_absent_or_invalid
from tests.simulation.messages.row import Row, Words, always, because, row
from tests.simulation.messages.table import ROWS
from tests.simulation.messages.told import Told, names
from tests.simulation.records import EAST, OTHER, WEST


def _is_ready(told: Told, _: Words) -> bool:
    named = WEST in map(names, told.shown_first())
    return (
        named
        and copies_were_equal(told)
        and all(told.is_healthy(region) and told.is_covered(region) for region in OTHER)
    )


def _has_failed_over(told: Told, _: Words) -> bool:
    return any(names(config) == EAST for region in OTHER for config in told.configs(region)) and told.is_healthy(EAST)


def _cannot_take_over(told: Told, _: Words) -> bool:
    return told.is_faulty(EAST)


def _is_degraded(told: Told, _: Words) -> bool:
    return bool(told.report.reasons)


def _helps(told: Told, words: Words) -> bool:
    other = OTHER[words["region"]]
    return told.is_healthy(words["region"]) and told.is_faulty(other)


def _is_unfinished(told: Told, words: Words) -> bool:
    events = [event for region in OTHER for event in told.world.events(region)]
    return any((event.command, f"{event.started_at[:19]}Z") == (words["command"], words["time"]) for event in events)


def _users_are_served(told: Told, words: Words) -> bool:
    return told.is_healthy(words["other"]) and any(told.has_read(words["other"], where=one) for one in OTHER)


def _somebody_serves(told: Told, _: Words) -> bool:
    return any(told.is_healthy(names(config)) for config in told.shown_first())


def _needs_look(told: Told, _: Words) -> bool:
    return bool(told.report.reasons)


_BY_NAME: Final = {one.says: one for one in ROWS}
_SHARED: Final = (
    "config.json of {region} {why}",
    "the API of {region} {why}",
    "the API of {region} is degraded: retrieve (denied)",
    "the Knowledge Base of {region}: {why}",
    "the copies of config.json disagree: {region} says {said}, {other} says {says}: run `standby reconcile`",
    "no command wrote the generation {n} of config.json: run `standby reconcile`",
    "config.json has an older generation ({n}) than `{command}` wrote ({m}): run `standby reconcile`",
    "{region} has no config.json",
    "config.json in {region} is invalid: correct it, or run `standby reconcile --force`",
    "No manifest of chatbot: {region} {why}; {other} {also}",
    (
        "Check your own network first: `curl -sSI https://sts.{region}.amazonaws.com` and `curl -sSI"
        " https://sts.{other}.amazonaws.com` must print an HTTP status"
    ),
)

STATUS_ROWS: Final[tuple[Row, ...]] = (
    *(_BY_NAME[says] for says in _SHARED),
    row(
        "verdict: ready",
        "Both copies are equal and name the primary region, both APIs are healthy, and both jobs cover their buckets.",
        _is_ready,
    ),
    row(
        "verdict: failed over",
        "A copy names the failover region, and its API is healthy.",
        _has_failed_over,
    ),
    row("verdict: not ready to fail over", "Something in the failover region did not answer well.", _cannot_take_over),
    row("verdict: degraded", "A reason follows.", _needs_look),
    row("{region} {why}", "An answer of the region, or its absence, is this reason.", because()),
    row("the queues of {region}: {why}", "An answer of the region, or its absence, is this reason.", because()),
    row("the alarms of {region}: {why}", "An answer of the region, or its absence, is this reason.", because()),
    row(
        "the documents of both regions cannot be compared: {region} {why}",
        "An answer of the region, or its absence, is this reason.",
        because(),
    ),
    row(
        "the documents of both regions cannot be compared: {why}",
        "An answer of a region, or its absence, is this reason.",
        lambda told, words: any(told.failed(region, words["why"]) for region in OTHER),
    ),
    row(
        "the Knowledge Base of {region} is behind its bucket (last job: {code})",
        "A job, as it was read, does not cover a listing.",
        lambda told, words: told.is_behind(words["region"]),
    ),
    row(
        "the Knowledge Base of {region} is behind its bucket (a job is running)",
        "A job, as it was read, does not cover a listing.",
        lambda told, words: told.is_behind(words["region"]),
    ),
    row(
        "{n} {documents} {region} {are} missing in {other} ({counts}; the oldest is {m} s old)",
        "The last listings show at least so many differences.",
        documents_lack,
    ),
    row(
        "config.json in {region} is manually edited: run `standby reconcile`",
        "The command read a copy without a generation there.",
        lambda told, words: any(one.manually_edited for one in told.configs(words["region"])),
    ),
    row("`{command}` of {time} has not ended", "A journal has this event.", _is_unfinished),
    row(
        "`{command}` of {time} has pending writes for `standby reconcile`", "A journal has this event.", _is_unfinished
    ),
    row("`{command}` of {time} wrote config.json, as its copies show", "A journal has this event.", _is_unfinished),
    row(
        "`{command}` of {time} did not write config.json, as its copies show",
        "A journal has this event.",
        _is_unfinished,
    ),
    row("`{command}` of {time} may have written config.json", "A journal has this event.", _is_unfinished),
    row(
        "which region serves is not known, because no config.json could be read",
        "The read of each copy failed, or came late.",
        lambda told, _: all(told.was_not_read(region) for region in OTHER),
    ),
    row(
        "which region serves is not known: the only config.json that could be read is not valid",
        "The last read of a copy showed nothing valid.",
        lambda told, _: any(None in told.last_configs(region) for region in OTHER),
    ),
    row(
        "no valid config.json is known, so pages cannot find an API",
        "The last read of a copy showed nothing valid.",
        lambda told, _: any(None in told.last_configs(region) for region in OTHER),
    ),
    row(
        "no valid config.json is known, so pages cannot find an API: run `standby reconcile`",
        "The last read of a copy showed nothing valid.",
        lambda told, _: any(None in told.last_configs(region) for region in OTHER),
    ),
    row("`standby {command}` again, from any machine: it completes the interrupted command", "A command.", always),
    row("`standby reconcile` brings both regions into sync", "A reason was named.", _needs_look),
    row("`standby failover` switches traffic to {region}", "This region is healthy, and the other one is not.", _helps),
    row(
        "`standby failback` switches traffic to {region}; use `--force` while the documents are not in sync",
        "This region is healthy, and the other one is not.",
        _helps,
    ),
    row(
        "when it suits you: `standby failback` switches traffic back to {region}",
        "The failover region serves.",
        lambda told, words: words["region"] == WEST and any(told.has_read(EAST, where=one) for one in OTHER),
    ),
    row(
        "nothing to do now; when {region} is back: `standby reconcile`",
        "A call to the region got no answer, or a late one.",
        lambda told, words: told.is_silent(words["region"]),
    ),
    row(
        "nothing to do now: this settles by itself; look again in a few minutes",
        "A reason was named, and no answer is a refusal.",
        _needs_look,
    ),
    row(
        "repair {region}: the reasons say what is wrong there. Users are served from {other}",
        "A copy names the other region, and its API is healthy.",
        _users_are_served,
    ),
    row(
        "no command repairs this: docs/runbook.md says what to do for each reason. Users are served",
        "The region that the edge shows first is healthy.",
        _somebody_serves,
    ),
    row(
        "neither region can serve: no command helps yet; docs/runbook.md says what to look at",
        "Something failed in both regions.",
        lambda told, _: all(told.is_faulty(region) for region in OTHER),
    ),
    row(
        "correct config.json in {region}, or replace it by `standby reconcile --force`",
        "The command read a text that is no config.",
        is_absent_or_invalid,
    ),
    row(
        "correct config.json in {region} and {other}, or replace it by `standby reconcile --force`",
        "The command read a text that is no config.",
        is_absent_or_invalid,
    ),
    row(
        "check your own network first: `curl -sSI https://sts.{region}.amazonaws.com` and `curl -sSI"
        " https://sts.{other}.amazonaws.com` must print an HTTP status",
        "Something failed in both regions.",
        lambda told, _: all(told.is_faulty(region) for region in OTHER),
    ),
)
"""Each verdict, reason and next command, what must be true, and the check."""
