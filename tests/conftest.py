"""What every folder's tests may ask for: the stack, synthesized as a user would. Node starts when a test asks."""

import importlib
import os

import pytest

import lazy_bindings
from tests.constructs.plan import ROOT, Plan, Synthesize, default_settings
from warm_standby.settings import Settings

lazy_bindings.install(start_kernel=False)
# On a Node that jsii no longer supports it prints a banner at every start, into the output that tests compare. The
# variable lists the major versions to say nothing about. Source: aws/jsii, @jsii/check-node.
os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", ",".join(map(str, range(12, 40))))


def pytest_pycollect_makeitem(name: str, obj: object) -> list[pytest.Item] | None:
    """Leave cdktf's class `Testing` alone: by its name pytest would collect it, wherever a test imports it.

    This is `Testing.__test__ = False` without importing cdktf, which starts Node, for tests that need neither.
    """
    return [] if name == "Testing" and getattr(obj, "__module__", "").startswith("cdktf") else None


@pytest.fixture(scope="session")
def synthesize(tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """Synthesize the stack with given settings into a directory of its own, once per settings."""
    site = tmp_path_factory.mktemp("site")
    for name, text in {"index.html": "<!doctype html>", "app.js": "'use strict'", "style.css": "body {}"}.items():
        (site / name).write_text(text)
    plans: dict[str, Plan] = {}

    def of(settings: Settings, *, anew: bool = False) -> Plan:
        key = settings.model_dump_json()
        if anew or key not in plans:
            synthesis = importlib.import_module("tests.constructs.synthesis")
            made: Plan = synthesis.synthesize(
                settings, functions=ROOT / "lambda_src", site=site, out=tmp_path_factory.mktemp("out")
            )
            if anew:
                return made
            plans[key] = made
        return plans[key]

    return of


@pytest.fixture(scope="session")
def plan(synthesize: Synthesize) -> Plan:
    """Return the stack as `standby.toml` describes it when the project is cloned."""
    return synthesize(default_settings())
