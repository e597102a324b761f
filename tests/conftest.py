"""What every folder's tests may ask for: the stack, synthesized as a user would, and the rehearsal of it.

Node starts when a test asks for the first, Terraform when one asks for the second.
"""

import gc
import importlib
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock, Timeout
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist comes without types

import lazy_bindings
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.plan import ROOT, Plan, Synthesize, default_settings
from tests.e2e.helpers import SETTINGS
from warm_standby.settings import Settings

KEPT = "STANDBY_TEST_REHEARSAL"  # names a directory: what is up there is used, and stays up
_E2E = ("tests/e2e/", "tests/browser/")
_PROGRAMS = (
    "tests/test_main.py",
    "tests/lambdas/test_archive.py",
    "tests/lazy_bindings/test_kernel_cache.py",
    "tests/lazy_bindings/test_channel.py",
    "tests/lazy_bindings/test_process.py",
    "tests/standby/rehearsal/files/test_json_files.py",
    "tests/standby/rehearsal/network/test_controller.py",
)
_START_PROGRAMS = {"emulator", "fake_terraform", "paths", "small_rehearsal"}  # fixtures
# The tests that share a rehearsal or a synthesized stack, by the start of their paths: the first match counts.
_WORLDS: dict[str, str | None] = {
    "tests/constructs/settings/": None,  # these need no stack: each file is a scope of its own
    "tests/constructs/": "stack",
    "tests/e2e/test_deploy": "deploy",
    "tests/e2e/drill/": "drills",
    **dict.fromkeys(_E2E, "users"),
}

# What fails in a module that tests share says what it compared, too.
pytest.register_assert_rewrite(
    "tests.browser.helpers",
    "tests.e2e.drill.helpers",
    "tests.e2e.operations.helpers",
    "tests.lambdas.helpers",
    "tests.standby.rehearsal.network.helpers",
)
lazy_bindings.install(start_kernel=False)
# On a Node that jsii no longer supports it prints a banner at every start, into the output that tests compare. The
# variable lists the major versions to say nothing about. Source: aws/jsii, @jsii/check-node.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", ",".join(map(str, range(12, 40))))
# What starts the tests in the background lets them ignore Ctrl-C, and so every command that they start: then none could
# be interrupted as in a terminal.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Who ends the tests ends them as Ctrl-C does: fixtures take down what they have started, in xdist's workers too.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
# A slow machine is no failure: hypothesis would give each example 200 ms. In CI its own profile says so, and more.
hypothesis.settings.register_profile("untimed", hypothesis.settings(deadline=None, max_examples=50))
hypothesis.settings.load_profile("untimed")


def pytest_pycollect_makeitem(name: str, obj: object) -> list[pytest.Item] | None:
    """Leave cdktf's class `Testing` alone: by its name pytest would collect it, wherever a test imports it.

    This is `Testing.__test__ = False` without importing cdktf, which starts Node, for tests that need neither.
    """
    return [] if name == "Testing" and getattr(obj, "__module__", "").startswith("cdktf") else None


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # the same
    """A worker takes a file at a time, and all tests of one world: those run one after the other."""

    def _split_scope(self, nodeid: str) -> str:
        world = next((world for start, world in _WORLDS.items() if nodeid.startswith(start)), None)
        return world or str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)  # there is none with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Schedule with groups of our own: xdist's (`xdist_group`) go into a private part of an item that pytest 9 lost."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs Terraform, and what starts programs of its own; the longest come first."""
    items.sort(key=lambda item: [not item.nodeid.startswith(start) for start in _E2E])
    for item in items:
        if item.nodeid.startswith(_E2E):
            item.add_marker(pytest.mark.e2e)
        if item.nodeid.startswith(_PROGRAMS) or not _START_PROGRAMS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.programs)


def pytest_collection_finish() -> None:
    """Tell the garbage collector that what was imported and collected stays: it need not walk it again and again."""
    gc.freeze()


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize the stack with given settings into a directory of its own, once per settings."""
    site = tmp_path_factory.mktemp("site")
    for name, text in {"index.html": "<!doctype html>", "app.js": "'use strict'", "style.css": "body {}"}.items():
        (site / name).write_text(text)
    plans: dict[str, Plan] = {}

    def of(settings: Settings, *, fresh: bool = False) -> Plan:
        key = settings.model_dump_json()
        if fresh or key not in plans:
            synthesis = importlib.import_module("tests.constructs.synthesis")
            made: Plan = synthesis.synthesize(
                settings, functions=ROOT / "lambda_src", site=site, out=tmp_path_factory.mktemp("out")
            )
            gc.freeze()  # so do the generated classes, a million objects
            if fresh:
                return made
            plans[key] = made
        return plans[key]

    return of


@pytest.fixture(scope="session")
def plan(synthesize: Synthesize) -> Plan:
    """Return the stack as `standby.toml` describes it when the project is cloned."""
    return synthesize(default_settings())


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The stack, applied by real Terraform to an emulator of the tests' own, behind its region proxies and its edge."""
    with ExitStack() as stack:
        kept = stack.enter_context(_kept_directory())
        directory = kept or tmp_path_factory.mktemp("e2e") / "rehearsal"
        rehearsal = Rehearsal(project=ROOT, directory=directory, settings=SETTINGS)
        if not kept:
            stack.callback(rehearsal.down)
        rehearsal.connect()
        yield rehearsal


@contextmanager
def _kept_directory() -> Iterator[Path | None]:
    """Yield the directory of the rehearsal that stays up, for one worker at a time; None for any other."""
    if not (kept := os.environ.get(KEPT)):
        yield None
        return
    lock = FileLock(f"{kept}.lock")
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield Path(kept) if lock.is_locked else None
    finally:
        lock.release()
