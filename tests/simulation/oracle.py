"""What must hold in every simulated run: the rules of each step, and of each report."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from standby.deployment.routing_config import RoutingConfig
from tests.simulation.commands import Report, Spec
from tests.simulation.messages.judge import judge_messages
from tests.simulation.messages.told import Told
from tests.simulation.records import Identity, parse_copy
from tests.simulation.world import EAST, OTHER, ROLE_OF, WEST, Glance, World, identity

if TYPE_CHECKING:
    from tests.simulation.scenario import Choice, Run

RULES: Final = {
    "generation": "In each bucket, the generation that a command writes is never lower than one that was there.",
    "journal": "Before a command writes a config, an event in a journal explains it.",
    "move": "`reconcile` moves no user unless its plan said so.",
    "precondition": "When `failover` or `failback` moves users without `--force`, its preconditions have held.",
    "crash": "No command ends with an error that is not explained.",
    "done": "After `done`, both buckets have had the config, or a later one.",
    "incomplete": "After `incomplete` or `not verified`, the target has the config, and only named regions lack it.",
    "failed": "After `failed`, no bucket has the config of the command, and none gets it later.",
    "refused": "After `refused`, no bucket has the config of the command, and none gets it later.",
    "lost": "After `lost`, the config of the command is not the one that holds in the end.",
    "held": "What a command was told to have written holds in the end, or a later generation does. The exception "
    "is a config that a person or an old plan replaced.",
    "winner": "At most one config of each generation was told to be written, with the same exception.",
    "page": "In the end, no page has seen a higher generation than the one that holds.",
    "copies": "After one `reconcile` without faults, both copies of config.json are equal.",
    "settled": "A second `reconcile` has nothing to do.",
    "status": "`status` names a reason whenever `reconcile` has something to do to config.json or to documents.",
    "quiet": "After a `reconcile` without faults, `status` names no reason.",
    "documents": "No accepted document is lost, doubled or revived.",
    "message": "Each sentence with which a command ends is in the table of [messages.md](messages.md), and is true.",
    "stuck": "After a region is gone for good, one command without faults makes the other one serve.",
}
"""The rules, by the name with which each violation begins."""

_REPLACING: Final = frozenset({"edit", "remove", "spoil", "terraform"})
"""What people and old plans do to a copy of config.json."""

MOVED: Final = frozenset({"done", "incomplete", "not verified"})


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What the oracle remembers of a run.

    `needed`: the documents of both regions when a `failback` began, by the operator's number. `well`: the
    operators whose target was well at some time since. `accepted`: each accepted document's key, ETag and time.
    `deleted`: the keys that a user deleted. `told`: the operators whose report was judged. `replaced`: the configs that
    a person or an old plan replaced in a bucket, which the protocol cannot prevent.
    """

    needed: frozenset[tuple[int, str, int]] = frozenset()
    well: frozenset[int] = frozenset()
    accepted: frozenset[tuple[str, str, int]] = frozenset()
    deleted: frozenset[str] = frozenset()
    told: frozenset[int] = frozenset()
    replaced: frozenset[Identity] = frozenset()

    def after(self, run: "Run", before: Glance, now: Glance, choice: "Choice") -> tuple["Watch", list[str]]:
        """Return what is remembered after a step, and the violations that the step shows."""
        watch, world = self._with_people(run, before, choice), run.world
        if choice[0] == "start":
            watch = replace(watch, needed=watch.needed | _needed(run, int(choice[1])))
        running = [node.spec for node in run.nodes.values() if node.spec.number not in watch.told]
        well = {spec.number for spec in running if _is_well(world, _target(spec))}
        watch = replace(watch, well=watch.well | well) if well - watch.well else watch
        found = list(_judge_writes(run, watch, before, now, choice))
        for number, node in run.nodes.items():
            if (report := node.report) is not None and number not in watch.told:
                watch = replace(watch, told=watch.told | {number})
                found += judge_report(world, report)
                found += judge_messages(Told(spec=node.spec, report=report, answers=node.answers, world=world))
        return watch, found

    def _with_people(self, run: "Run", before: Glance, choice: "Choice") -> "Watch":
        if choice[0] in _REPLACING:
            was = dict(zip(OTHER, before.copies, strict=True))[str(choice[1])]
            config = identity(parse_copy(was.body)) if was is not None else None
            return replace(self, replaced=self.replaced | {config}) if config is not None else self
        if choice[0] == "upload":
            stored = run.world.objects[str(choice[1]), "docs", str(choice[2])]
            return replace(self, accepted=self.accepted | {(str(choice[2]), stored.etag, stored.modified)})
        return replace(self, deleted=self.deleted | {str(choice[2])}) if choice[0] == "delete" else self


def _needed(run: "Run", number: int) -> set[tuple[int, str, int]]:
    spec, objects = run.nodes[number].spec, run.world.objects.items()
    if spec.command != "failback" or spec.force:
        return set()
    return {(number, key, one.modified) for (_, kind, key), one in objects if kind == "docs" and one.body}


def _target(spec: Spec) -> str:
    return EAST if spec.command == "failover" else WEST


def _is_well(world: World, region: str) -> bool:
    return world.up(region) and region not in world.sick


def _judge_writes(run: "Run", watch: Watch, before: Glance, now: Glance, choice: "Choice") -> Iterator[str]:
    """Judge each config.json that a command wrote in this step."""
    if choice[0] not in {"answer", "lose", "slow", "land"} or now.copies == before.copies:
        return
    number = before.late[int(choice[1])][0] if choice[0] == "land" else int(choice[1])
    node = run.nodes[number]
    for region, was, stored in zip(OTHER, before.copies, now.copies, strict=True):
        if was is not stored and was != stored and (config := run.world.config(region)) is not None:
            yield from _judge_write(run, before, node.spec, region, config)
            yield from _judge_move(run, watch, before, node.spec, node.notes)


def _judge_write(run: "Run", before: Glance, spec: Spec, region: str, config: RoutingConfig) -> Iterator[str]:
    highest = max((one[0] for where, one in before.ever if where == region), default=0)
    if (config.generation or 0) < highest:
        yield f"generation: {spec} wrote generation {config.generation} in {region}, which has had {highest}"
    if (config.generation or 0) > 1 and identity(config) not in {one for _, one in before.ever}:
        events = [event for where in OTHER for event in run.world.events(where)]
        if not any((event.generation, event.started_at) == identity(config) for event in events):
            yield f"journal: {spec} wrote generation {config.generation} in {region}, and no journal has its event"


def _judge_move(run: "Run", watch: Watch, before: Glance, spec: Spec, notes: tuple[str, ...]) -> Iterator[str]:
    was, now = before.visitor, run.world.visitor_role()
    if now is None or was is None or was == now:
        return
    target = EAST if now == "failover" else WEST
    if spec.command == "reconcile":
        if all(map(run.world.up, OTHER)) and not any(f"moves them to {target}" in note for note in notes):
            yield f"move: {spec} moved users to {target}, and its plan did not say so"
        return
    if spec.force or target != _target(spec):
        return
    if spec.number not in watch.well:
        yield f"precondition: {spec} moved users to {target}, which was never well since it began"
    if spec.command == "failback":
        yield from _judge_documents_of_move(run.world, watch, spec)


def _judge_documents_of_move(world: World, watch: Watch, spec: Spec) -> Iterator[str]:
    indexed = dict(world.indexed[WEST])
    for number, key, modified in sorted(one for one in watch.needed if one[1] not in watch.deleted):
        there = world.objects.get((WEST, "docs", key))
        if number == spec.number and (there is None or there.modified < modified):
            yield f"precondition: {spec} moved users to {WEST}, which lacks {key}"
        elif number == spec.number and there is not None and there.modified == modified and key not in indexed:
            yield f"precondition: {spec} moved users to {WEST}, whose Knowledge Base lacks {key}"


def judge_report(world: World, report: Report) -> Iterator[str]:
    """Judge what a command told at the moment when it ended."""
    if report.result == "crashed":
        yield f"crash: {report.words}"
    config = report.config
    if config is None or not report.own:
        return
    have = {region for region in OTHER if _has_had(world, region, config)}
    exact = {region for region, one in world.ever if one == config}
    if report.result == "done" and have != set(OTHER):
        yield f"done: {', '.join(sorted(set(OTHER) - have))} has not had generation {config[0]}: {report.words}"
    if report.result in {"incomplete", "not verified"}:
        lacking = set(OTHER) - have - set(report.pending)
        if report.command != "reconcile" and report.role and _region(report.role) not in have:
            lacking.add(_region(report.role))
        if lacking:
            yield f"incomplete: {', '.join(sorted(lacking))} has not had generation {config[0]}: {report.words}"
    told = report.command == "reconcile" and f"(generation {config[0]})" in report.words
    if report.result in {"failed", "refused"} and exact and not told:
        yield f"{report.result}: {', '.join(sorted(exact))} has generation {config[0]} of this command: {report.words}"


def judge_end(
    reports: dict[int, Report], world: World, final: RoutingConfig | None, *, replaced: frozenset[Identity]
) -> Iterator[str]:
    """Judge all reports at the end of a run. `final` is the config that holds after a `reconcile` without faults."""
    held = identity(final)
    written: dict[int, set[tuple[int, str]]] = {}
    for number, report in sorted(reports.items()):
        config = report.config
        if config is None:
            continue
        if report.result in MOVED and report.command != "reconcile":
            written.setdefault(config[0], set()).update({config} - replaced)
            holds = held is not None and (held == config or held[0] > config[0])
            if not holds and config not in replaced:
                yield f"held: operator {number} was told `{report.result}` of generation {config[0]}, and {held} holds"
        told = report.command == "reconcile" and f"(generation {config[0]})" in report.words
        if (
            report.own
            and not told
            and report.result in {"failed", "refused"}
            and any(one == config for _, one in world.ever)
        ):
            yield f"{report.result}: operator {number} was told so, and config.json got generation {config[0]} of it"
        if report.own and report.result == "lost" and held == config:
            yield f"lost: operator {number} was told so, and its generation {config[0]} holds"
    for generation, configs in written.items():
        if len(configs) > 1:
            yield f"winner: two commands were told to have written generation {generation}"


def _has_had(world: World, region: str, config: tuple[int, str]) -> bool:
    return any(where == region and (one == config or one[0] > config[0]) for where, one in world.ever)


def _region(role: str) -> str:
    return next(region for region, one in ROLE_OF.items() if one == role)
