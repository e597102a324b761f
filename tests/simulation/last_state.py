"""The end of a run: every fault ends, one `reconcile` runs without faults, and the world is judged."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from standby.deployment.routing_config import RoutingConfig
from tests.simulation.calls import Call
from tests.simulation.commands import Command, Name, Report, Spec
from tests.simulation.machine import Answer
from tests.simulation.messages.judge import judge_messages
from tests.simulation.messages.told import Told
from tests.simulation.oracle import judge_end
from tests.simulation.scenario import Run
from tests.simulation.world import EAST, OTHER, WEST, World

LATER = 3600
"""The commands of the end begin an hour later: an event that never ended is abandoned by then."""


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The violations that the end of a world shows, and the config that holds."""

    violations: tuple[str, ...]
    final: RoutingConfig | None


class Endings:
    """Judges the ends of runs. Equal worlds end equally, so each is judged once.

    The second `reconcile` and the second `status` meet the world of the first ones, if those have changed nothing.
    Then they are not played again.
    """

    def __init__(self) -> None:
        self._known: dict[object, Ending] = {}

    def violations(self, run: Run) -> list[str]:
        """Return what the end of a run shows, if it ended now."""
        watch = run.watch
        key = (run.world.key(), watch.accepted, watch.deleted)
        if key not in self._known:
            self._known[key] = self._end(run)
        ending = self._known[key]
        found = [*ending.violations, *judge_end(run.reports, run.world, ending.final, replaced=watch.replaced)]
        return [one for one in found if not (_is_beyond_limits(run) and one.startswith(_LIMITED))]

    def forget(self) -> None:
        """Drop everything, because memory is finite."""
        self._known.clear()

    def _end(self, run: Run) -> Ending:
        world = run.world.copy()
        gone = [region for region in OTHER if world.status[region] == "gone"]
        heal(world)
        if gone:
            return Ending(violations=tuple(self._end_alone(world, gone[0])), final=world.config(OTHER[gone[0]]))
        return Ending(violations=tuple(self._end_well(run, world)), final=world.edge_config())

    def _end_well(self, run: Run, world: World) -> Iterator[str]:
        before, untrue = play_command(world, Spec(number=90, command="status", began=LATER))
        seen = (dict(world.objects), dict(world.jobs))
        first, more = play_command(world, Spec(number=91, command="reconcile", began=LATER + 60))
        yield from (*untrue, *more)
        if first.result not in {"done", "nothing to do"}:
            yield f"copies: `reconcile` without faults ended with `{first.result}`: {first.words}"
        if world.config(WEST) != world.config(EAST):
            yield f"copies: after `reconcile` they are {world.config(WEST)} and {world.config(EAST)}"
        changed = (world.objects, world.jobs) != seen
        second, untrue = (
            play_command(world, Spec(number=92, command="reconcile", began=LATER + 120)) if changed else (first, [])
        )
        if second.result != "nothing to do":
            yield f"settled: the second `reconcile` ended with `{second.result}`: {second.words}"
        if first.mends and not before.reasons:
            yield f"status: it named no reason ({before.verdict}), and `reconcile` ended with `{first.result}`"
        after, more = (
            play_command(world, Spec(number=93, command="status", began=LATER + 180)) if changed else (before, [])
        )
        yield from (*untrue, *more)
        if after.reasons:
            yield f"quiet: after `reconcile`, `status` says: {'; '.join(after.reasons)}"
        final = world.edge_config()
        if final is None or (final.generation or 0) < run.world.shown:
            yield f"page: a page has seen generation {run.world.shown}, and {final.generation if final else 0} holds"
        if final is not None and not all(page.accepts(final) for page in run.world.pages):
            yield "page: an open page does not obey the config that holds"
        yield from judge_documents(run, world)

    def _end_alone(self, world: World, gone: str) -> Iterator[str]:
        command: Name = "failover" if gone == WEST else "failback"
        report, untrue = play_command(world, Spec(number=94, command=command, force=True, began=LATER))
        yield from untrue
        if report.result not in {"done", "incomplete", "nothing to do"}:
            yield f"stuck: `{command} --force` ended with `{report.result}`: {report.words}"
        if world.visitor_role() != ("failover" if gone == WEST else "primary"):
            yield f"stuck: after `{command} --force`, users are not in {OTHER[gone]}"
        config = world.config(OTHER[gone])
        if config is None or (config.generation or 0) < world.shown:
            yield f"stuck: a page has seen generation {world.shown}, and {config.generation if config else 0} holds"


def play_command(world: World, spec: Spec) -> tuple[Report, list[str]]:
    """Run one command without faults, and let everything that is in progress end. Return the untrue messages, too."""
    machine, answers, asked = Command(spec), list[tuple[Call, int, Answer]](), Counter[Call]()
    while not machine.ended:
        number, call = next(iter(machine.calls.items()))
        answer = world.serve(call, number=spec.number)
        answers.append((call, asked[call], answer))
        asked[call] += 1
        machine.answer(number, answer)
    told = Told(spec=spec, report=machine.report, answers=frozenset(answers), world=world)
    untrue = list(judge_messages(told))
    settle(world)
    return machine.report, untrue


_LIMITED: Final = ("held:", "page:", "stuck:")
_FROM_TIME: Final = 10**9
"""A larger generation comes from the time: its command could read no journal."""


def _is_beyond_limits(run: Run) -> bool:
    """Return whether no rule on two copies can order the writes: docs/protocol.md states these limits.

    Two forced commands wrote, and one could read nothing. Or a forced command wrote in one region alone, which is gone.
    """
    forced = [spec for spec in run.scenario.specs if spec.force]
    blind = len(forced) > 1 and any(one[0] > _FROM_TIME for _, one in run.world.ever)
    return blind or (bool(forced) and "gone" in run.world.status.values())


def heal(world: World) -> None:
    """End every fault, except for a region that is gone. What is on its way arrives; late writes are lost."""
    world.status = {region: status if status == "gone" else "up" for region, status in world.status.items()}
    world.cut, world.sick, world.denied, world.late = frozenset(), frozenset(), frozenset(), ()
    settle(world)


def settle(world: World) -> None:
    """Let everything that is in progress end well."""
    while world.arriving and all(map(world.up, OTHER)):
        world.replicate(0)
    for region, job in world.jobs.items():
        if job.status == "IN_PROGRESS":
            world.end_job(region)
        if world.jobs[region].content != world.content(region):
            world.sweep(region)
            world.end_job(region)


def judge_documents(run: Run, world: World) -> Iterator[str]:
    """Judge the documents of both regions, after a `reconcile`."""
    found = {region: dict(world.content(region)) for region in OTHER}
    for key in sorted({one[0] for one in run.watch.accepted} - run.watch.deleted):
        newest = max((modified, etag) for name, etag, modified in run.watch.accepted if name == key)[1]
        if len({found[region].get(key) for region in OTHER}) > 1:
            yield f"documents: {key} differs between the regions"
        if {found[region].get(key) for region in OTHER} != {newest}:
            yield f"documents: the newest content of {key} is lost"
    for key in sorted(run.watch.deleted):
        deleted = {
            region
            for region in OTHER
            if (one := run.world.objects.get((region, "docs", key))) is not None
            and one.body is None
            and not any(name == key and new.modified > one.modified for _, name, new in run.world.arriving)
        }
        if any(key in found[region] for region in deleted):
            yield f"documents: {key} was deleted and is there again"
    strange = {key for region in OTHER for key in found[region]} - {one[0] for one in run.watch.accepted}
    if unknown := [key for key in strange if not key.startswith("first-")]:
        yield f"documents: {', '.join(sorted(unknown))} was never uploaded"
