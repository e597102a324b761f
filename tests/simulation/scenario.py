"""A run of the simulation: commands, faults and people in one world, and the choices of what happens next.

A choice is a tuple of words, such as `("answer", 1, 0)`: the first waiting call of operator 1 is answered. Both drivers
and the stories of tests/simulation/stories use the same choices.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from standby.deployment.routing_config import config_for_role, render_config
from tests.simulation import oracle
from tests.simulation.calls import SITE, Call, answer_error
from tests.simulation.commands import MANIFEST, Report, Spec
from tests.simulation.machine import Answer
from tests.simulation.script import Node, Scripts
from tests.simulation.world import EAST, FIRST_MOMENT, OTHER, ROLE_OF, WEST, Glance, World, identity

Choice = tuple[str | int, ...]
"""What happens next: a word, and what it is about."""

FAULTS: Final = ("kill", "lose", "late", "fail", "slow", "down", "hang", "gone", "cut", "deny", "sick")
"""Faults, each of which costs one of the budget. The end of a fault costs nothing."""
PEOPLE: Final = ("edit", "upload", "delete", "terraform", "remove", "spoil")
"""What people do besides the commands. The tombstones of an erasure (branch `erasure`) belong here, too."""

_LOCAL: Final = frozenset(
    {
        "GetParameter",
        "GetCallerIdentity",
        "GetQueueAttributes",
        "DescribeAlarms",
        "CreateInvalidation",
        "ListIngestionJobs",
        "ListKnowledgeBaseDocuments",
        "GET health",
        "GET health?deep=true",
        "POST docs",
    }
)
"""Calls that read nothing that a command writes. The exhaustive driver answers them at once."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What may happen in a run. `faults` and `people` are numbers of events of the kinds.

    `local_at_once`: a call that reads nothing that a command writes is no scheduling point, and an operator's calls to
    one region are answered in their order. `once`: each kind of fault happens once. `returns`: a region that is down
    may return while commands run; otherwise it returns after they have ended. `serving` and `generation` are those of
    the world in the beginning.
    """

    specs: tuple[Spec, ...]
    faults: int = 0
    fault_kinds: tuple[str, ...] = FAULTS
    people: int = 0
    people_kinds: tuple[str, ...] = ()
    serving: str = "primary"
    generation: int = 3
    documents: int = 0
    pages: int = 0
    local_at_once: bool = False
    started: bool = False
    returns: bool = True
    once: bool = False


@dataclass(kw_only=True)
class Run:
    """The state of a run: the world, and each command by its operator's number.

    `seen` is the part of the world that the oracle compares, as it was after the last choice.
    """

    scenario: Scenario
    scripts: Scripts
    world: World
    nodes: dict[int, Node] = field(default_factory=dict)
    killed: frozenset[int] = frozenset()
    faults: int = 0
    kinds: frozenset[str] = frozenset()
    people: int = 0
    watch: oracle.Watch = field(default_factory=oracle.Watch)
    violations: list[str] = field(default_factory=list)
    seen: Glance | None = None

    @classmethod
    def begin(cls, scenario: Scenario, scripts: Scripts) -> "Run":
        """Return a run in which nothing has happened."""
        world = World.begin(
            serving="failover" if scenario.serving == "failover" else "primary",
            generation=scenario.generation,
            documents=scenario.documents,
            pages=scenario.pages,
        )
        run = cls(scenario=scenario, scripts=scripts, world=world, faults=scenario.faults, people=scenario.people)
        run.kinds = frozenset(scenario.fault_kinds)
        if scenario.started:
            for spec in scenario.specs:
                run.take(("start", spec.number))
        return run

    def copy(self) -> "Run":
        new = object.__new__(Run)
        new.__dict__.update(self.__dict__)
        new.world, new.nodes, new.violations = self.world.copy(), dict(self.nodes), list(self.violations)
        return new

    def key(self) -> int:
        """Return a number that is equal for runs that can only continue alike."""
        nodes = tuple((number, node.number) for number, node in sorted(self.nodes.items()))
        return hash((self.world.key(), nodes, self.killed, self.faults, self.kinds, self.people, self.watch))

    @property
    def alive(self) -> list[Node]:
        """The commands that run."""
        return [node for number, node in self.nodes.items() if node.report is None and number not in self.killed]

    @property
    def ended(self) -> bool:
        """Whether every command has been given, and has ended or was killed."""
        return len(self.nodes) == len(self.scenario.specs) and not self.alive

    @property
    def reports(self) -> dict[int, Report]:
        """What the commands told that have ended."""
        return {number: node.report for number, node in self.nodes.items() if node.report is not None}

    def choices(self) -> list[Choice]:
        """Return everything that may happen next."""
        found: list[Choice] = [("start", spec.number) for spec in self.scenario.specs if spec.number not in self.nodes]
        for node in self.alive:
            found += self.call_choices(node, self.places(node))
            found += self._fault_choices(node.spec.number)
        found += self.world_choices()
        if self.people:
            found += self._people_choices()
        return found

    def call_choices(self, node: Node, places: Iterable[int]) -> Iterator[Choice]:
        """Yield what may happen to the waiting calls at these places."""
        number, places = node.spec.number, list(places)
        for place in places:
            yield ("answer", number, place)
        if not self.faults:
            return
        kinds = self.kinds
        for place in places:
            call = node.calls[place][1]
            if call.region == SITE or not self._reaches(number, call.region):
                continue
            if call.is_write:
                yield from (("lose", number, place),) if "lose" in kinds else ()
                yield from (("late", number, place),) if "late" in kinds else ()
            if call.bucket:
                yield from (("fail", number, place),) if "fail" in kinds else ()
                yield from (("slow", number, place),) if "slow" in kinds else ()

    def _fault_choices(self, number: int) -> Iterator[Choice]:
        kinds = self.kinds
        if self.faults and "kill" in kinds:
            yield ("kill", number)
        if self.faults and "cut" in kinds:
            yield from (("cut", number, region) for region in OTHER if (number, region) not in self.world.cut)

    def places(self, node: Node) -> list[int]:
        """Return the places of the waiting calls of a command that may be answered next."""
        if not self.scenario.local_at_once:
            return list(range(len(node.calls)))
        first: dict[str, int] = {}
        for place, (_, call) in enumerate(node.calls):
            first.setdefault(call.region, place)
        return sorted(first.values())

    def _reaches(self, number: int, region: str) -> bool:
        return region in OTHER and self.world.up(region) and (number, region) not in self.world.cut

    def world_choices(self) -> Iterator[Choice]:
        """Yield what may happen outside of commands, except for what people do."""
        world, kinds = self.world, self.kinds
        for region in OTHER:
            status = world.status[region]
            if status in {"down", "hung"} and self.scenario.returns:
                yield ("up", region)
            if self.faults and status == "up":
                well = world.status[OTHER[region]] == "up"
                yield from ((kind, region) for kind in ("down", "hang", "gone") if kind in kinds and well)
                if "sick" in kinds and region not in world.sick:
                    yield ("sick", region)
                if "deny" in kinds and not world.denied:
                    yield from (
                        ("deny", region, operation) for operation in ("GetObject", "PutObject", "ListObjectsV2")
                    )
            if region in world.sick:
                yield ("well", region)
            if world.jobs[region].status == "IN_PROGRESS":
                yield from (("job ends", region), ("job fails", region))
        yield from (("join", *pair) for pair in sorted(world.cut))
        yield from (("allow",),) if world.denied else ()
        yield from (("land", place) for place, (_, call) in enumerate(world.late) if world.up(call.region))
        for place, (region, _, _) in enumerate(world.arriving):
            if world.up(region) and world.up(OTHER[region]):
                yield from (("replicate", place), ("replication fails", place))
        yield from (("page", number) for number in range(len(world.pages)))

    def _people_choices(self) -> Iterator[Choice]:
        kinds = self.scenario.people_kinds
        for region in OTHER:
            if not self.world.up(region):
                continue
            if "edit" in kinds:
                yield from (("edit", region, role) for role in ("primary", "failover"))
            yield from ((kind, region) for kind in ("remove", "spoil") if kind in kinds)
            if "terraform" in kinds:
                yield ("terraform", region)
            if "upload" in kinds:
                yield from (("upload", region, f"new-{number}.txt") for number in range(2))
            if "delete" in kinds:
                yield from (("delete", region, key) for key, _ in self.world.content(region))
            if "sweep" in kinds:
                yield ("sweep", region)

    def take(self, choice: Choice) -> None:
        """Let this happen. What the oracle finds is added to `violations`."""
        word, *about = choice
        before = self.seen or self.world.glance()
        if word in FAULTS:
            self.faults -= 1
            self.kinds -= {str(word)} if self.scenario.once else frozenset()
        if word in PEOPLE:
            self.people -= 1
        if word in _COMMAND_WORDS:
            self._take_command(str(word), *about)
        else:
            self._take_world(str(word), *about)
        self.world.look()
        self.seen = self.world.glance()
        self.watch, found = self.watch.after(self, before, self.seen, choice)
        self.violations += found

    def _take_command(self, word: str, number: str | int, place: str | int = 0) -> None:
        spec = next(spec for spec in self.scenario.specs if spec.number == number)
        if word == "start":
            self.nodes[spec.number] = self._settle(self.scripts.begin(spec))
        elif word == "kill":
            self.killed |= {spec.number}
        else:
            node = self.nodes[spec.number]
            waiting, call = node.calls[int(place)]
            answer = self._answer(word, spec.number, call)
            self.nodes[spec.number] = self._settle(self.scripts.answer(node, waiting, answer))

    def _answer(self, word: str, number: int, call: Call) -> Answer:
        if word == "fail":
            return answer_error(503, "SlowDown", head=call.operation == "HeadObject")
        if word == "late":
            self.world.late = (*self.world.late, (number, call))
            return Answer(failure="time-out", delay=2.0)
        answer = self.world.serve(call, number=number)
        if word == "lose":
            return Answer(failure="time-out", delay=2.0)
        return replace(answer, delay=1.2) if word == "slow" else answer

    def _settle(self, node: Node) -> Node:
        """Answer the calls that are no scheduling points."""
        while self.scenario.local_at_once:
            local = next(((number, call) for number, call in node.calls if call.operation in _LOCAL), None)
            if local is None:
                break
            node = self.scripts.answer(node, local[0], self.world.serve(local[1], number=node.spec.number))
        return node

    def _take_world(self, word: str, *about: str | int) -> None:
        world, what = self.world, about[0] if about else ""
        if isinstance(what, int) and word in {"land", "replicate", "replication fails", "page"}:
            self._take_numbered(word, what)
            return
        region = str(what)
        if word in {"down", "hang", "gone", "up"}:
            world.status[region] = {"hang": "hung"}.get(word, word)
        elif word in {"sick", "well"}:
            world.sick = world.sick ^ {region}
        elif word in {"cut", "join"}:
            world.cut = world.cut ^ {(int(about[0]), str(about[1]))}
        elif word == "deny":
            world.denied = frozenset({(region, str(about[1]), "frontend")})
        elif word == "allow":
            world.denied = frozenset()
        elif word in {"job ends", "job fails"}:
            world.end_job(region, fails=word == "job fails")
        elif word == "sweep":
            world.sweep(region)
        else:
            self._take_person(word, region, str(about[-1]))

    def _take_numbered(self, word: str, number: int) -> None:
        world = self.world
        if word == "land":
            _, call = world.late[number]
            world.late = world.late[:number] + world.late[number + 1 :]
            world.serve(call, number=0)
        elif word == "page":
            page = world.pages[number].after(world.edge_config())
            world.pages = (*world.pages[:number], page, *world.pages[number + 1 :])
        else:
            world.replicate(number, fails=word == "replication fails")

    def _take_person(self, word: str, region: str, what: str) -> None:
        world = self.world
        if word == "upload":
            world.clock += 1
            world.write(region, "docs", what, f"{region} {world.clock}".encode())
        elif word == "delete":
            world.delete(region, what)
        elif word == "remove":
            world.remove_config(region)
        elif word == "spoil":
            world.write(region, "frontend", "config.json", b'{"apiUrl": ')
        elif word == "edit":
            url = MANIFEST.regions["failover" if what == "failover" else "primary"].api_url
            world.write(region, "frontend", "config.json", f'{{"apiUrl": "{url}"}}'.encode())
        else:
            config = config_for_role(MANIFEST, "primary", generation=1, updated_at=FIRST_MOMENT)
            world.write(region, "frontend", "config.json", render_config(config).encode())


_COMMAND_WORDS: Final = frozenset({"start", "answer", "lose", "late", "fail", "slow", "kill"})

__all__ = ["EAST", "FAULTS", "PEOPLE", "ROLE_OF", "WEST", "Choice", "Run", "Scenario", "identity"]
