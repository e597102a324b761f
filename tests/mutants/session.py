"""`python -m tests.mutants.session`: run the tests of one area against its mutants, in a copy of the repository.

The tests are collected once. One run without a mutant shows which tests reach which function. Then each mutant gets a
forked child, which runs the tests that reach its function, the fastest first, until one fails. The tests that it ran
then run without the mutant: a test that fails there as well has noticed nothing.
"""

import argparse
import importlib
import json
import os
import resource
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from math import ceil
from pathlib import Path
from typing import Final, TextIO

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

from tests.lambdas.emulator import KEPT_EMULATOR, run_emulator
from tests.mutants.areas import AREAS, Area
from tests.mutants.children import Task, run_forked
from tests.mutants.mutation import Mutant, choose, find_lines, mutate
from tests.mutants.result import AreaResult, Survivor

_REACHED: Final = "stats"
"""mutmut's name for a run that records which functions are called."""
_ORIGINAL: Final = "none"
"""A name that no mutant has."""
_NONE_FAILED: Final = -1
_SHOWN: Final = 3
_LEAST_SECONDS: Final = 20
_SLOWER: Final = 10
"""A mutant whose tests use more CPU than so many times their usual seconds has made a loop, and is noticed."""
_RECORDING_SECONDS: Final = 900
_WITHOUT_PROGRAMS: Final = "not e2e and not programs and not long and not alone"
_WITH_EMULATOR: Final = "not e2e and not alone"
_ARGUMENTS: Final = (
    *("-q", "--timeout=0", "--snapshot-warn-unused"),
    *("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:rerunfailures"),
)


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """How a test ended without a mutant, its seconds of CPU, and the functions that it called."""

    test: str
    seconds: float
    functions: tuple[str, ...]
    failure: str


@dataclass(kw_only=True)
class Session:
    """The plugin of pytest that runs the mutants in place of the collected tests."""

    mutants: Sequence[Mutant]
    workers: int
    progress: TextIO
    temporary: str
    emulators: Sequence[str] = ()
    """The URL of an emulator for each child that runs at the same time."""
    survivors: list[Mutant] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    """Tests that fail without a mutant, so that the run says nothing."""
    failure: str = ""
    """What the last failed test of this process says."""
    _items: dict[str, pytest.Item] = field(default_factory=dict)
    _reaching: dict[str, list[Recorded]] = field(default_factory=lambda: defaultdict(list))
    _noticed: dict[tuple[str, ...], list[Mutant]] = field(default_factory=lambda: defaultdict(list))
    """Mutants by the tests that ran until one failed."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        """Let properties be the same in each run, and not look for a smaller example: one is enough."""
        hypothesis = importlib.import_module("hypothesis")  # pytest's plugin must import it first
        phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
        usual = hypothesis.settings.get_profile("untimed")
        made = hypothesis.settings(usual, phases=phases, derandomize=True, database=None)
        hypothesis.settings.register_profile("mutants", made)
        hypothesis.settings.load_profile("mutants")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Record which tests reach which function, then run the mutants."""
        if session.testsfailed:
            raise session.Interrupted("the tests could not be collected")
        self._items = {item.nodeid: item for item in session.items if self._may_run(item)}
        self._say(f"{len(self.mutants)} mutants, {len(self._items)} tests")
        self._record()
        self._say("recorded")
        if not self.failed:
            self.survivors = [one for one in self.mutants if one.reached_as not in self._reaching]
            reached = (one for one in self.mutants if one.reached_as in self._reaching)
            run_forked(map(self._testing, reached), workers=self.workers)
            noticed = list(self._noticed.items())
            self._say(f"{len(noticed)} confirmations")
            run_forked((self._confirmation(*one) for one in noticed), workers=self.workers)
            self._say("confirmed")
        return True

    def _may_run(self, item: pytest.Item) -> bool:
        """Return whether a test neither synthesizes the stack, for which Node would start in each child again, nor
        starts another program than the emulator.
        """
        fixtures = getattr(item, "fixturenames", ())
        starts = item.get_closest_marker("programs") is not None and "emulated" not in fixtures
        return "synthesize" not in fixtures and not starts

    def _say(self, text: str) -> None:
        used = [sum(resource.getrusage(one)[:2]) for one in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(f"\n{text} ({sum(used):.0f} s of CPU)", file=self.progress, flush=True)

    def _record(self) -> None:
        by_file: dict[str, list[str]] = defaultdict(list)
        for test in self._items:
            by_file[test.partition("::")[0]].append(test)
        largest = sorted(by_file.values(), key=len, reverse=True)
        parts = [[test for tests in largest[start :: self.workers] for test in tests] for start in range(self.workers)]
        run_forked((self._recording(part) for part in parts if part), workers=self.workers)
        for tests in self._reaching.values():
            tests.sort(key=lambda one: (one.seconds, one.test))

    def _recording(self, tests: Sequence[str]) -> Task[list[Recorded]]:
        def run(place: int) -> list[Recorded]:
            found = []
            for test in tests:
                reached = state()._stats  # noqa: SLF001 - where mutmut's trampoline records its calls
                reached.clear()
                begun = time.process_time()
                failure = "" if self._run([test], place, mutant=_REACHED) == _NONE_FAILED else self.failure
                seconds = time.process_time() - begun
                found.append(Recorded(test=test, seconds=seconds, functions=tuple(reached), failure=failure))
            return found

        def done(found: list[Recorded] | None) -> None:
            if found is None:
                self.failed.append("a process that recorded the tests")
            for one in found or ():
                if one.failure:
                    self.failed.append(f"{one.test}: {one.failure}")
                for function in one.functions:
                    self._reaching[function].append(one)

        return Task(run=run, seconds=_RECORDING_SECONDS, done=done)

    def _testing(self, mutant: Mutant) -> Task[int]:
        reaching = self._reaching[mutant.reached_as]
        tests = [one.test for one in reaching]

        def done(failed: int | None) -> None:
            if failed == _NONE_FAILED:
                self.survivors.append(mutant)
            else:  # None: the process crashed, or took too long
                self._noticed[tuple(tests if failed is None else tests[: failed + 1])].append(mutant)
            print("x" if failed == _NONE_FAILED else ".", end="", flush=True, file=self.progress)

        return Task(run=lambda place: self._run(tests, place, mutant=mutant.name), seconds=_limit(reaching), done=done)

    def _confirmation(self, tests: Sequence[str], mutants: Sequence[Mutant]) -> Task[int]:
        def done(failed: int | None) -> None:
            if failed != _NONE_FAILED:
                print(f"\nfails without a mutant, too: {tests[-1]}", file=self.progress)
                self.survivors.extend(mutants)

        return Task(run=lambda place: self._run(tests, place, mutant=_ORIGINAL), seconds=_RECORDING_SECONDS, done=done)

    def _run(self, tests: Sequence[str], place: int, *, mutant: str) -> int:
        """Run tests in this process until one fails, and return its position."""
        items = [self._items[test] for test in tests]
        os.environ["PYTEST_DEBUG_TEMPROOT"] = self.temporary
        if self.emulators:
            os.environ[KEPT_EMULATOR] = self.emulators[place]
        set_mutant_under_test(mutant)
        for position, (item, following) in enumerate(zip(items, [*items[1:], None], strict=True)):
            try:
                reports = runtestprotocol(item, nextitem=following, log=False)
                if failed := next((report for report in reports if report.failed), None):
                    self.failure = str(failed.longrepr)
                    return position
            except BaseException:  # noqa: BLE001 - for pytest the end of the session; here, a failed test
                return position
        return _NONE_FAILED


def _make(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _limit(reaching: Sequence[Recorded]) -> int:
    return _LEAST_SECONDS + ceil(_SLOWER * sum(one.seconds for one in reaching))


def run_area(area: Area, *, sample: int, seed: int, workers: int, progress: TextIO) -> AreaResult:
    """Mutate an area of the repository in the current folder, and run its tests. Here the code is changed for good."""
    root = Path.cwd()
    lines = choose(find_lines(root, area.files(root)), sample=sample, seed=seed)
    mutants = mutate(root, lines)
    tests = area.tests_of(line.path for line in lines)
    with tempfile.TemporaryDirectory(prefix="mutants-tests-") as temporary, ExitStack() as stack:
        session = Session(mutants=mutants, workers=workers, progress=progress, temporary=temporary)
        if area.emulated:
            places = [Path(temporary, f"emulator-{place}") for place in range(workers)]
            session.emulators = [stack.enter_context(run_emulator(_make(place))) for place in places]
        left_out = [f"--deselect={name}" for name in area.left_out]
        markers = _WITH_EMULATOR if area.emulated else _WITHOUT_PROGRAMS
        ended = pytest.main(["-m", markers, *_ARGUMENTS, *tests, *left_out], plugins=[session])
    if ended not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED} or session.failed:
        raise SystemExit("\n".join(["The tests fail without a mutant. First mend:", *session.failed[:_SHOWN]]))
    return AreaResult(
        area=area.name,
        lines=len(lines),
        run=len(mutants),
        noticed=len(mutants) - len(session.survivors),
        seed=seed if sample else None,
        survivors=tuple(
            Survivor(name=one.function, change=one.change)
            for one in sorted(session.survivors, key=lambda one: (one.function, one.change))
        ),
    )


def main() -> None:
    """Run one area, and write its result where the caller wants it."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.session")
    parser.add_argument("area", choices=[area.name for area in AREAS])
    parser.add_argument("result", type=Path)
    parser.add_argument("--sample", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--workers", type=int, required=True)
    options = parser.parse_args()
    area = next(area for area in AREAS if area.name == options.area)
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as progress:  # pytest captures the original
        found = run_area(area, sample=options.sample, seed=options.seed, workers=options.workers, progress=progress)
    options.result.write_text(json.dumps(asdict(found)), encoding="utf-8")


if __name__ == "__main__":
    main()
