"""Settings in, one stack, Terraform JSON out."""

import sys
from pathlib import Path

import lazy_bindings

lazy_bindings.install(collect_at_exit=False)

from cdktf import App  # noqa: E402 - after the bindings were made lazy

from warm_standby.assets import read_sources  # noqa: E402 - the same
from warm_standby.settings import Settings, SettingsError  # noqa: E402 - the same
from warm_standby.stack import WarmStandbyStack  # noqa: E402 - the same

try:
    settings = Settings.load()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)
app = App()
here = Path(__file__).parent
sources = read_sources(functions=here / "lambda_src", site=here / "frontend", archive=Path(app.outdir, "functions.zip"))
WarmStandbyStack(app, settings=settings, sources=sources)
app.synth()
