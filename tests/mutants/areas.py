"""The code that is mutated, and the tests that must notice it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE_ROOTS: Final = ("lambda_src", "constructs")
"""Folders that modules are imported from, beside the repository itself."""


@dataclass(frozen=True, kw_only=True)
class Area:
    """Code that is mutated: patterns of modules. And its tests: folders and files, without those that are left out."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    tests_of_packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Where a package's tests are in the folder of its name: the packages that have others, or more."""
    emulated: bool = False
    """Whether the tests of functions that need MiniStack run, too. Each child at a time has one of its own."""

    def tests_of(self, paths: Iterable[Path]) -> tuple[str, ...]:
        """Return the tests of these modules: those of their packages, where each package has its own."""
        if not self.tests_of_packages:
            return self.tests
        packages = sorted({path.parent.name for path in paths})
        found = (self.tests_of_packages.get(name, (f"{self.tests[0]}/{name}",)) for name in packages)
        return tuple(dict.fromkeys(test for tests in found for test in tests))

    def files(self, root: Path) -> list[Path]:
        """Return the modules in a copy of the repository, relative to it."""
        found = {path.relative_to(root) for pattern in self.modules for path in root.glob(pattern)}
        return sorted(path for path in found if path.suffix == ".py")


AREAS: Final = (
    Area(
        name="planners",
        modules=("standby/operations/plans/*.py", "lambda_src/standby_protocol/*.py"),
        tests=(
            "tests/standby/operations/plans",
            "tests/standby/operations/facts",
            "tests/standby/operations/execution",
            "tests/standby/operations/views",
            "tests/standby/deployment/test_routing_config.py",
            "tests/lambdas/controller",
            "tests/automatic/test_decision.py",
            "tests/contracts/test_conditional_write.py",
        ),
        left_out=("tests/standby/operations/facts/test_comparison.py",),
    ),
    Area(
        name="execution",
        modules=("standby/operations/execution/*.py",),
        tests=(
            "tests/standby/operations/execution",
            "tests/standby/cli/automatic",
            "tests/standby/cli/test_any_answer.py",
            "tests/standby/cli/test_half_dead.py",
            "tests/standby/cli/test_journal.py",
            "tests/standby/cli/test_long_journal.py",
            "tests/standby/cli/test_reconcile.py",
            "tests/simulation/transcripts",
        ),
    ),
    Area(
        name="functions",
        modules=tuple(
            f"lambda_src/{name}/*.py"
            for name in (
                "authorizer",
                "controller",
                "documents",
                "health",
                "ingest",
                "ingestion_status",
                "notifications",
                "query",
                "shared",
                "upload",
            )
        ),
        tests=("tests/lambdas",),
        tests_of_packages={
            "shared": tuple(f"tests/lambdas/{name}" for name in ("shared", "health", "ingest", "query", "upload")),
            "ingest": ("tests/lambdas/ingest", "tests/contracts/test_content_digest.py"),
            "query": ("tests/lambdas/query", "tests/contracts/test_prompt.py"),
        },
        emulated=True,
    ),
    Area(
        name="constructs",
        modules=(
            "constructs/warm_standby/settings/*.py",
            "constructs/warm_standby/names.py",
            "constructs/warm_standby/wheels.py",
        ),
        tests=("tests/constructs/settings", "tests/constructs/access/test_wheels.py"),
    ),
)
"""Constructs that make resources are not mutated: their test is the snapshot of the plan, and a synthesis needs Node,
which does not survive a fork."""
