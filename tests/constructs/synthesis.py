"""The only module of these tests that imports cdktf, which starts Node. A fixture imports it when a test needs it."""

import json
from pathlib import Path

from cdktf import App

from tests.constructs.plan import Plan
from warm_standby.assets import read_assets
from warm_standby.settings import STACK_NAME, Settings
from warm_standby.stack import WarmStandbyStack


def synthesize(settings: Settings, *, functions: Path, site: Path, out: Path) -> Plan:
    """Synthesize as `main.py` does, into `out`."""
    app = App(outdir=str(out))
    assets = read_assets(functions=functions, site=site, archive=out / "functions.zip")
    WarmStandbyStack(app, settings=settings, assets=assets)
    app.synth()
    directory = out / "stacks" / STACK_NAME
    return Plan(
        settings=settings, directory=directory, document=json.loads((directory / "cdk.tf.json").read_text("utf-8"))
    )
