"""Fixtures for all folders: the synthesized stack, and the rehearsal of it.

Node starts when a test requests the stack, Terraform when a test requests the rehearsal.
"""

import gc
import importlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import hypothesis
import pytest
from filelock import FileLock, Timeout
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist comes without types

import lazy_bindings
from standby.rehearsal.deploy.terraform import COLLECTOR_PERCENT, COLLECTOR_VARIABLE
from standby.rehearsal.identity.access import AccessMode
from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.plan import ROOT, Plan, Synthesize, default_settings
from tests.e2e.helpers import SETTINGS, SIGNED_IN_SETTINGS
from warm_standby.settings import Settings

# Names a directory: its rehearsal is used, and stays up; so does that of the directory beside it with "-oidc".
KEPT = "STANDBY_TEST_REHEARSAL"
_E2E = ("tests/browser/", "tests/e2e/")
_ALONE = ("tests/e2e/drill/test_scenarios.py",)
_LONG = ("tests/simulation/exploration/",)
_PROGRAMS = (
    "tests/constructs/environments/test_identity.py",
    "tests/test_main.py",
    "tests/lambdas/test_archive.py",
    "tests/lazy_bindings/test_kernel_cache.py",
    "tests/lazy_bindings/test_channel.py",
    "tests/lazy_bindings/test_process.py",
    "tests/standby/rehearsal/files/test_json_files.py",
    "tests/standby/rehearsal/identity/test_provider.py",
    "tests/standby/rehearsal/network/test_controller.py",
    "tests/toolchain/test_vendor.py",
)
_START_PROGRAMS = {"emulator", "fake_terraform", "paths", "small_rehearsal"}  # fixtures
_DRILLS_AND_PLANS = "drills and plans"
# The tests that share a rehearsal or a synthesized stack, by the start of their paths: the first match applies.
_WORLDS: dict[str, str | None] = {
    "tests/constructs/settings/": None,  # these need no stack: each file is its own scope
    "tests/constructs/": "stack",
    "tests/e2e/test_deploy": "deploy",
    "tests/e2e/test_mutations": None,  # an emulator of its own
    "tests/e2e/drill/unattended/": "unattended",
    "tests/e2e/release/": "module",
    "tests/e2e/access/": "signed-in users",
    "tests/e2e/notifications/": "signed-in users",
    "tests/browser/access/": "signed-in users",
    "tests/e2e/drill/": _DRILLS_AND_PLANS,
    "tests/e2e/review/": _DRILLS_AND_PLANS,
    "tests/e2e/test_identity": _DRILLS_AND_PLANS,
    "tests/e2e/test_plan": _DRILLS_AND_PLANS,
    "tests/e2e/test_pre": _DRILLS_AND_PLANS,
    "tests/e2e/test_provider_regions": _DRILLS_AND_PLANS,
    "tests/e2e/": "operators",
    "tests/browser/": "visitors",
}
_LONGEST = ("deploy", _DRILLS_AND_PLANS, "operators", "visitors", "unattended", "signed-in users", "module")
"""These worlds begin in this order, so that no worker begins one that takes ten minutes when the others end."""

# A failed assertion in a module that tests share also shows the compared values.
pytest.register_assert_rewrite(
    "tests.browser.access.helpers",
    "tests.browser.helpers",
    "tests.e2e.drill.helpers",
    "tests.e2e.notifications.helpers",
    "tests.e2e.operations.helpers",
    "tests.lambdas.helpers",
    "tests.standby.rehearsal.network.helpers",
)
# As in an activated environment: there are Node and Chromium, if the machine has none.
os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
lazy_bindings.install(start_kernel=False)
# jsii prints a banner on a Node that it no longer supports, into the output that tests compare. The variable lists the
# major versions without a banner. Source: aws/jsii, @jsii/check-node.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", ",".join(map(str, range(12, 40))))
# A shell that starts the tests in the background makes them, and all commands that they start, ignore Ctrl-C. Then no
# test could interrupt a command as in a terminal.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
# Tests run Terraform often, and a plan takes a quarter less CPU if Go's garbage collector runs less often.
os.environ.setdefault(COLLECTOR_VARIABLE, COLLECTOR_PERCENT)
# On SIGTERM, do the same as on Ctrl-C: the fixtures stop everything they started, in xdist's workers too.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, signal.default_int_handler)
# A slow machine is not a failure: hypothesis limits each example to 200 ms by default. In CI its own profile removes
# the limit.
hypothesis.settings.register_profile("untimed", hypothesis.settings(deadline=None, max_examples=50))
hypothesis.settings.load_profile("untimed")


def pytest_pycollect_makeitem(name: str, obj: object) -> list[pytest.Item] | None:
    """Do not collect cdktf's class `Testing`, which matches pytest's naming pattern in every module that imports it.

    This is `Testing.__test__ = False` without importing cdktf, because cdktf starts Node and not all tests need it.
    """
    return [] if name == "Testing" and getattr(obj, "__module__", "").startswith("cdktf") else None


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist comes without types
    """A worker takes one file at a time, or all tests of one world, which then run one after the other."""

    def _split_scope(self, nodeid: str) -> str:
        return _world(nodeid) or str(super()._split_scope(nodeid))


def _world(nodeid: str) -> str | None:
    return next((world for start, world in _WORLDS.items() if nodeid.startswith(start)), None)


def _rank(nodeid: str) -> int:
    world = _world(nodeid)
    return _LONGEST.index(world) if world in _LONGEST else len(_LONGEST) + (not nodeid.startswith((*_E2E, *_LONG)))


@pytest.hookimpl(optionalhook=True)  # the hook does not exist with `-p no:xdist`
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    """Schedule with our own groups: xdist's (`xdist_group`) need a private attribute of items that pytest 9 removed."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that need Terraform, minutes, programs or a quiet machine; sort the longest first."""
    items.sort(key=lambda item: _rank(item.nodeid))
    for item in items:
        if item.nodeid.startswith(_E2E):
            item.add_marker(pytest.mark.e2e)
        if item.nodeid.startswith(_LONG):
            item.add_marker(pytest.mark.long)
        if item.nodeid.startswith(_ALONE):
            item.add_marker(pytest.mark.alone)
        if item.nodeid.startswith(_PROGRAMS) or not _START_PROGRAMS.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.programs)


def pytest_collection_finish() -> None:
    """Freeze all imported and collected objects, so that the garbage collector does not scan them again."""
    gc.freeze()


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize the stack with given settings into a separate directory, once per settings."""
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
            gc.freeze()  # also freeze the generated classes, a million objects
            if fresh:
                return made
            plans[key] = made
        return plans[key]

    return of


@pytest.fixture(scope="session")
def plan(synthesize: Synthesize) -> Plan:
    """Return the stack with the `standby.toml` of the repository."""
    return synthesize(default_settings())


@pytest.fixture(scope="session")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """The stack, applied by real Terraform to the tests' own emulator, behind its region proxies and its edge.

    Its accounts may start an ingestion job every two seconds, not ten: dozens of tests wait for their turn.
    """
    with _connected(tmp_path_factory, access=None) as rehearsal:
        yield rehearsal


@pytest.fixture(scope="session")
def signed_in_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    """A second rehearsal, whose users sign in at an OpenID Connect provider, and whose regions tell changes."""
    with _connected(tmp_path_factory, access="oidc") as rehearsal:
        yield rehearsal


@contextmanager
def _connected(tmp_path_factory: pytest.TempPathFactory, *, access: AccessMode | None) -> Iterator[Rehearsal]:
    with ExitStack() as stack:
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("REHEARSAL_START_SECONDS", "2")
        kept = stack.enter_context(_kept_directory(suffix=f"-{access}" if access else ""))
        directory = kept or tmp_path_factory.mktemp("e2e") / "rehearsal"
        settings = SIGNED_IN_SETTINGS if access else SETTINGS
        rehearsal = Rehearsal(project=ROOT, directory=directory, settings=settings)
        if not kept:
            stack.callback(rehearsal.down)
        rehearsal.connect(access=access)
        yield rehearsal


@contextmanager
def _kept_directory(*, suffix: str) -> Iterator[Path | None]:
    """Yield the directory of the rehearsal that stays up, for one worker at a time; None for all others."""
    if not (kept := os.environ.get(KEPT)):
        yield None
        return
    kept += suffix
    lock = FileLock(f"{kept}.lock")
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield Path(kept) if lock.is_locked else None
    finally:
        lock.release()
