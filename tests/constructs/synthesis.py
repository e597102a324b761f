"""The only module of these tests that imports cdktf, which starts Node. A fixture imports it when a test needs it."""

import json
from pathlib import Path
from zipfile import ZipFile, ZipInfo

from cdktf import App

from tests.constructs.plan import Plan
from warm_standby.assets import read_assets
from warm_standby.settings import STACK_NAME, Settings
from warm_standby.stack import WarmStandbyStack


def synthesize(settings: Settings, *, functions: Path, site: Path, out: Path) -> Plan:
    """Synthesize as `main.py` does, into `out`."""
    app = App(outdir=str(out))
    wheels = [_write_wheel(out)] if settings.access.sign_in else []
    assets = read_assets(
        functions=functions,
        site=site,
        archive=out / "functions.zip",
        wheels=wheels,
        automatic=settings.automatic.enabled,
        notifications=settings.notifications.enabled,
    )
    WarmStandbyStack(app, settings=settings, assets=assets)
    app.synth()
    directory = out / "stacks" / STACK_NAME
    return Plan(
        settings=settings, directory=directory, document=json.loads((directory / "cdk.tf.json").read_text("utf-8"))
    )


def _write_wheel(out: Path) -> Path:
    """Write a wheel in place of those that pip would download."""
    path = out / "empty.whl"
    with ZipFile(path, "w") as wheel:
        wheel.writestr(ZipInfo("package/__init__.py"), "")  # the same time in each
    return path
