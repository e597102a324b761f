"""The changes between what was seen before and one look. Pure: `notice` returns the next state."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from notifications.facts import Command, ConfigCopy, Look
from notifications.state import Change, Kind, Phase, State, format_time, parse_time

DISAGREE_AFTER: Final = timedelta(minutes=5)
SILENT_AFTER: Final = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Move:
    """A move of users: `change` names it in both regions. `command` and `copy` say what is known of it."""

    serves: str
    generation: int
    change: str
    command: Command | None = None
    copy: ConfigCopy | None = None

    @property
    def time(self) -> str:
        """When it was, in UTC: by the command's own clock, else by S3's; "" if neither is known."""
        moment = parse_time(self.change.partition(":")[2])
        if moment is None and self.copy is not None:
            moment = self.copy.modified
        return format_time(moment) if moment else ""


def notice(state: State, look: Look) -> State:
    """Return the state after a look, with each change that is new among those that wait to be reported.

    On the first look, what is there is no change, except for what is wrong now.
    """
    for step in (_serving, _manual_edits, _disagreement, _readiness, _silence, _drill, _refusal):
        state = step(state, look)
    versions = {region: copy.version for region, copy in look.copies.items()}
    state = replace(state, looked_at=format_time(look.at), copies={**state.copies, **versions})
    return state.with_journal(look.journal)


def _add(
    state: State,
    look: Look,
    *,
    id_: str,
    kind: Kind,
    first: str = "",
    phase: Phase = "changed",
    at: str = "",
    facts: dict[str, Any],
) -> State:
    """Return the state in which a change waits, unless it is known. The serving region reports it, by default."""
    if state.knows(id_):
        return state
    change = Change(
        id=id_,
        kind=kind,
        phase=phase,
        at=at or format_time(look.at),
        first=first or _teller(state, look),
        noticed_at=format_time(look.at),
        facts=facts,
    )
    return replace(state, waiting=(*state.waiting, change))


def _teller(state: State, look: Look) -> str:
    return state.serving if state.serving in {look.region, look.other} else look.read_order[1]


def _serving(state: State, look: Look) -> State:
    """Follow the commands that moved users, in their order, and then the authoritative config.json."""
    if state.serving:
        for command in look.commands:
            if command.moved_users and command.generation > state.generation:
                move = Move(serves=command.target, generation=command.generation, change=command.change)
                state = _moved(state, look, replace(move, command=command))
    copy = look.authoritative
    if copy is None or not _is_news(state, look, copy):
        return state
    if not state.serving:
        return replace(state, serving=copy.serves, generation=copy.generation or 0, serving_change=copy.change)
    writer = next((one for one in look.commands if one.change == copy.change), None)
    generation = max(state.generation, copy.generation or 0)
    move = Move(serves=copy.serves, generation=generation, change=copy.change, command=writer, copy=copy)
    return _moved(state, look, move)


def _is_news(state: State, look: Look, copy: ConfigCopy) -> bool:
    """Return whether a copy says who serves now: an old copy does not, while the other one cannot be read."""
    if copy.change == state.serving_change or (copy.generation or state.generation) < state.generation:
        return False
    higher = copy.generation is not None and copy.generation > state.generation
    return higher or len(look.copies) > 1 or state.copies.get(copy.region) != copy.version


def _moved(state: State, look: Look, move: Move) -> State:
    """Return the state in which another region serves. If the same one does, there is nothing to report."""
    before = state.serving
    state = replace(state, serving=move.serves, generation=move.generation, serving_change=move.change)
    if move.serves == before:
        return state
    command = move.command
    facts = {
        "from": before,
        "to": move.serves,
        "generation": None if move.change.startswith("manual:") else move.generation,
        "command": command.command if command else "",
        "actor": command.actor if command else "",
        "reason": command.reason if command else "",
        "copy": move.copy.region if move.copy else "",
    }
    id_ = f"serving:{move.change}"
    return _add(state, look, id_=id_, kind="serving-region-changed", at=move.time, facts=facts)


def _manual_edits(state: State, look: Look) -> State:
    """Report a copy without a generation once, by its own region, also on the first look."""
    for region, copy in look.copies.items():
        if copy.manually_edited:
            facts = {"region": region, "serves": copy.serves}
            state = _add(
                state,
                look,
                id_=f"edited:{region}:{copy.version}",
                kind="config-manually-edited",
                first=region,
                at=format_time(copy.modified),
                facts=facts,
            )
    return state


def _disagreement(state: State, look: Look) -> State:
    """Report copies that differ for five minutes, and when they agree again.

    The time is S3's own of the later write, so both regions find the same time and the same id. While a copy cannot be
    read, nothing is known.
    """
    if len(look.copies) < len(look.read_order):
        return state
    copies = [look.copies[region] for region in look.read_order]
    if _agree(*copies):
        if not state.disagreement:
            return state
        ended = f"{state.disagreement}:ended"
        state = _add(state, look, id_=ended, kind="config-copies-disagree", phase="ended", facts=_copies(copies))
        return replace(state, disagreement="")
    since = max(copy.modified for copy in copies)
    id_ = "disagree:" + ":".join(copy.version for copy in copies)
    if look.at - since < DISAGREE_AFTER or id_ == state.disagreement:
        return state
    state = _add(
        state,
        look,
        id_=id_,
        kind="config-copies-disagree",
        phase="began",
        at=format_time(since),
        facts=_copies(copies),
    )
    return replace(state, disagreement=id_)


def _agree(one: ConfigCopy, other: ConfigCopy) -> bool:
    """Return whether both copies are valid and say the same."""
    return one.config is not None and one.config == other.config


def _copies(copies: list[ConfigCopy]) -> dict[str, Any]:
    return {
        "copies": [
            {"region": copy.region, "state": copy.state, "serves": copy.serves, "generation": copy.generation}
            for copy in copies
        ]
    }


def _readiness(state: State, look: Look) -> State:
    """Report when this region's own alarms of readiness turn red, or green again. Unknown is neither."""
    color = look.color
    if color in {"unknown", state.color}:
        return state
    first_green = state.color == "unknown" and color == "green"
    state = replace(state, color=color)
    if first_green:
        return state
    since = format_time(look.alarms_since or look.at)
    firing = sorted(name for name, value in look.alarms.items() if value == "ALARM")
    return _add(
        state,
        look,
        id_=f"readiness:{look.region}:{color}:{since}",
        kind="readiness-changed",
        first=look.region,
        phase="began" if color == "red" else "ended",
        at=since,
        facts={"region": look.region, "readiness": color, "alarms": firing},
    )


def _silence(state: State, look: Look) -> State:
    """Report when the other region's function has not looked for five minutes, or its state cannot be read so long.

    A function that has never looked is not missed: its region is not applied yet.
    """
    fresh = look.peer.known and look.peer.looked_at is not None and look.at - look.peer.looked_at < SILENT_AFTER
    if fresh:
        over = state.silence
        state = replace(state, peer_seen=True, silent_since="", silence="")
        if not over:
            return state
        facts = {"region": look.other, "seenFrom": look.region, "why": ""}
        return _add(
            state, look, id_=f"{over}:ended", kind="region-silent", first=look.region, phase="ended", facts=facts
        )
    if not state.peer_seen or state.silence:
        return state
    since = _silent_since(state, look)
    if look.at - since < SILENT_AFTER:
        return replace(state, silent_since=format_time(since))
    id_ = f"silent:{look.other}:{format_time(since)}"
    why = look.peer.error or "its function does not run"
    facts = {"region": look.other, "seenFrom": look.region, "why": why}
    state = _add(
        state,
        look,
        id_=id_,
        kind="region-silent",
        first=look.region,
        phase="began",
        at=format_time(since),
        facts=facts,
    )
    return replace(state, silent_since=format_time(since), silence=id_)


def _silent_since(state: State, look: Look) -> datetime:
    if look.peer.known and look.peer.looked_at is not None:
        return look.peer.looked_at
    return parse_time(state.silent_since) or look.at


def _drill(state: State, look: Look) -> State:
    """Report when the mark of a drill appears, and when it is gone or has expired. A drill may renew its mark."""
    now = look.drill if look.drill and look.at < look.drill.until else None
    running = bool(state.drill)
    if not look.drill_read or running == bool(now):
        return state
    if now is None:
        facts = {name: value for name, value in state.drill.items() if name != "id"}
        state = _add(state, look, id_=f"{state.drill['id']}:ended", kind="drill", phase="ended", facts=facts)
        return replace(state, drill={})
    seen = {
        "scenario": now.scenario,
        "actor": now.actor,
        "beganAt": now.began_at,
        "endsBy": format_time(now.until),
    }
    id_ = f"drill:{now.began_at or seen['endsBy']}"
    state = _add(state, look, id_=f"{id_}:began", kind="drill", phase="began", at=now.began_at, facts=seen)
    return replace(state, drill={"id": id_, **seen})


def _refusal(state: State, look: Look) -> State:
    """Report why the controller does not move users although the primary region is lost, once while the reason stays.

    Only the controller's own region knows it, so this region reports it.
    """
    if look.refusal is None or look.refusal.reason == state.refusal:
        return state
    reason = look.refusal.reason
    state = replace(state, refusal=reason)
    if not reason:
        return state
    return _add(
        state,
        look,
        id_=f"refused:{format_time(look.at)}",
        kind="automatic-failover-refused",
        first=look.region,
        facts={"region": look.read_order[1], "reason": reason},
    )


def due(state: State, look: Look, *, patience: timedelta) -> Iterator[Change]:
    """Yield the changes that this region reports now: those of its own, and those that the other one has not reported.

    It waits `patience` for the other region, unless that one cannot be read. It leaves a change that a run has claimed
    since then: that run reports it now, or has ended without reporting it.
    """
    for change in state.waiting:
        noticed, claimed = parse_time(change.noticed_at), parse_time(change.claimed_at)
        if change.id in look.peer.reported or (claimed and look.at - claimed < patience):
            continue
        mine = change.first == look.region or not look.peer.known
        if mine or noticed is None or look.at - noticed >= patience:
            yield change


def drop_reported_by_peer(state: State, look: Look) -> State:
    """Return the state without the changes that the other region has reported."""
    return state.with_reported(*(change.id for change in state.waiting if change.id in look.peer.reported))
