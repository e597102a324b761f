"""The message of a change: a title, a readable text, and one JSON document that has both. Pure."""

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from notifications.state import Change, Kind

SCHEMA_VERSION: Final = 1
SOURCE: Final = "warm-standby"
"""The source of the events. EventBridge keeps names that begin with `aws.` for AWS."""
DETAIL_TYPES: Final[Mapping[Kind, str]] = {
    "serving-region-changed": "Serving Region Changed",
    "config-manually-edited": "Config Manually Edited",
    "config-copies-disagree": "Config Copies Disagree",
    "readiness-changed": "Readiness Changed",
    "region-silent": "Region Silent",
    "automatic-failover-refused": "Automatic Failover Refused",
    "drill": "Drill",
}
COLUMNS: Final = 80
SUBJECT_CHARACTERS: Final = 100
"""The longest subject, in ASCII. Source: docs.aws.amazon.com, SNS API Reference, "Publish"."""

_NO_BREAK: Final = "\N{NO-BREAK SPACE}"

Lines = Iterator[str]


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a message says: its title, its lines, and the command that shows or does more."""

    title: str
    lines: tuple[str, ...]
    next_command: str


@dataclass(frozen=True, kw_only=True)
class Message:
    """A change with its words, as one region reports it."""

    deployment: str
    reported_by: str
    change: Change

    @property
    def words(self) -> Words:
        """The words for this kind of change."""
        return _WORDS[self.change.kind](self.change)

    @property
    def subject(self) -> str:
        """The subject of an email: printable ASCII, not too long."""
        text = f"[{self.deployment}] {self.words.title}"
        ascii_text = "".join(character if " " <= character <= "~" else "?" for character in text)
        return ascii_text[:SUBJECT_CHARACTERS].rstrip()

    @property
    def text(self) -> str:
        """The text for a reader: lines of at most 80 characters."""
        words = self.words
        lines = (words.title + ".", *words.lines, f"Next: `{words.next_command}`")
        return "\n".join(row for line in lines for row in _wrap(line))

    def document(self) -> dict[str, Any]:
        """Return the JSON document: the detail of the event, and the message for programs."""
        change, words = self.change, self.words
        return {
            "schemaVersion": SCHEMA_VERSION,
            "id": f"{self.deployment}:{change.id}",
            "kind": change.kind,
            "phase": change.phase,
            "condition": _condition(change),
            "deployment": self.deployment,
            "at": change.at,
            "reportedBy": self.reported_by,
            "title": words.title,
            "text": self.text,
            "nextCommand": words.next_command,
            "facts": dict(change.facts),
        }


def _condition(change: Change) -> str:
    """Return what the document that something began and the one that it ended have in common."""
    if change.kind in {"readiness-changed", "region-silent"}:
        return f"{change.kind}:{change.facts['region']}"
    if change.kind == "config-copies-disagree":
        return change.kind
    return change.id.removesuffix(":began").removesuffix(":ended")


def _wrap(line: str) -> list[str]:
    """Return a line in rows. A command in backticks stays in one row."""
    joined = re.sub(r"`[^`]*`", lambda match: match[0].replace(" ", _NO_BREAK), _one_line(line))
    return [row.replace(_NO_BREAK, " ") for row in textwrap.wrap(joined, COLUMNS, break_on_hyphens=False)]


def _one_line(text: str) -> str:
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())


def _moment(at: str) -> str:
    return at.replace("T", " ").replace("Z", " UTC")


def _serving(change: Change) -> Words:
    facts = change.facts
    automatic = facts["actor"].startswith(CONTROLLER)
    how = ", moved by the controller" if automatic else ""
    return Words(
        title=f"{_place(facts['to'])} serves users now{how}",
        lines=tuple(_serving_lines(change)),
        next_command="standby status",
    )


CONTROLLER: Final = "controller"
"""How the actor of an event begins that the controller wrote."""


def _place(serves: str) -> str:
    return f"an API of neither region ({serves})" if "://" in serves else serves


def _serving_lines(change: Change) -> Lines:
    facts = change.facts
    before = _place(facts["from"]) if facts["from"] else "not known"
    yield f"Since {_moment(change.at)}. Before: {before}."
    if facts["command"]:
        yield f"By: {facts['actor'] or 'not known'}, with `standby {facts['command']}`."
        yield f"Reason: {facts['reason'] or 'none was given'}."
    elif facts["generation"] is None:
        yield f"By: not known. config.json in {facts['copy']} was edited by hand."
    else:
        yield "By: not known. No journal that could be read has the command."
    if facts["generation"] is not None:
        yield f"Generation: {facts['generation']}. `standby journal` shows each step."


def _edited(change: Change) -> Words:
    region = change.facts["region"]
    return Words(
        title=f"config.json in {region} was edited by hand",
        lines=(
            f"Since {_moment(change.at)}. It sends users to {_place(change.facts['serves'])}.",
            "Pages obey it. It has no generation, and no journal has the reason.",
            "`standby reconcile` gives it a generation and writes it to both regions.",
        ),
        next_command="standby status",
    )


def _disagree(change: Change) -> Words:
    if change.phase == "ended":
        return Words(
            title="Both copies of config.json agree again",
            lines=(f"Since {_moment(change.at)} or a little earlier.", *_copy_lines(change)),
            next_command="standby status",
        )
    return Words(
        title="The copies of config.json have disagreed for more than 5 minutes",
        lines=(
            f"The later one was written at {_moment(change.at)}.",
            *_copy_lines(change),
            "Pages obey the higher generation. `standby reconcile` makes both equal.",
        ),
        next_command="standby reconcile --dry-run",
    )


def _copy_lines(change: Change) -> Lines:
    for copy in change.facts["copies"]:
        if copy["state"] != "valid":
            yield f"{copy['region']}: the file is {copy['state']}."
            continue
        generation = f"generation {copy['generation']}" if copy["generation"] else "edited by hand"
        yield f"{copy['region']}: {_place(copy['serves'])} serves, {generation}."


def _readiness(change: Change) -> Words:
    region = change.facts["region"]
    if change.facts["readiness"] == "green":
        return Words(
            title=f"{region} is ready to serve users again",
            lines=(f"Since {_moment(change.at)}. Its alarms of health and readiness are OK.",),
            next_command="standby status",
        )
    alarms = ", ".join(change.facts["alarms"])
    return Words(
        title=f"{region} is not ready to serve users",
        lines=(
            f"Since {_moment(change.at)}. Alarms: {alarms}.",
            "If it serves now, users may get errors. If not, do not fail over to it.",
        ),
        next_command="standby status",
    )


def _silent(change: Change) -> Words:
    region, seen_from = change.facts["region"], change.facts["seenFrom"]
    if change.phase == "ended":
        return Words(
            title=f"{region} reports changes again",
            lines=(f"Seen from {seen_from}, at {_moment(change.at)}.",),
            next_command="standby status",
        )
    return Words(
        title=f"{region} has been silent for more than 5 minutes",
        lines=(
            f"Seen from {seen_from}, since {_moment(change.at)}: {change.facts['why']}.",
            f"Until it is back, only {seen_from} reports changes.",
            f"{region} may be down, or only its notifications function.",
        ),
        next_command="standby status",
    )


def _refused(change: Change) -> Words:
    return Words(
        title="The controller refuses to move users",
        lines=(
            f"At {_moment(change.at)}. {change.facts['region']} fails its checks.",
            f"Reason: {change.facts['reason']}.",
            "It looks again each minute. `standby failover` moves users now.",
        ),
        next_command="standby automatic status",
    )


def _drill(change: Change) -> Words:
    facts = change.facts
    scenario = f" ({facts['scenario']})" if facts["scenario"] else ""
    by = f"By: {facts['actor'] or 'not known'}."
    if change.phase == "ended":
        lines = (f"Its mark was gone or had expired at {_moment(change.at)}.", by)
        return Words(title=f"A drill ended{scenario}", lines=lines, next_command="standby status")
    return Words(
        title=f"A drill began{scenario}",
        lines=(
            f"At {_moment(change.at)}. It ends by {_moment(facts['endsBy']) or 'a time that is not known'}.",
            by,
            "Faults and failovers until then may be the drill's.",
        ),
        next_command="standby status",
    )


_WORDS: Final[Mapping[Kind, Callable[[Change], Words]]] = {
    "serving-region-changed": _serving,
    "config-manually-edited": _edited,
    "config-copies-disagree": _disagree,
    "readiness-changed": _readiness,
    "region-silent": _silent,
    "automatic-failover-refused": _refused,
    "drill": _drill,
}
