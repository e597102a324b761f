"""Settings in, one stack, Terraform JSON out."""

import os
import sys
from pathlib import Path

import lazy_bindings

lazy_bindings.install(collect_at_exit=False)

from cdktf import App  # noqa: E402 - after the bindings were made lazy

from standby.endpoints import describe_wrong_target  # noqa: E402 - after the bindings were made lazy
from standby.text import wrap_lines  # noqa: E402 - after the bindings were made lazy
from warm_standby.assets import AssetError, read_assets  # noqa: E402 - after the bindings were made lazy
from warm_standby.automatic.controller import describe_second_vantage_point  # noqa: E402 - after the bindings were made lazy
from warm_standby.settings import Settings, SettingsError  # noqa: E402 - after the bindings were made lazy
from warm_standby.stack import WarmStandbyStack  # noqa: E402 - after the bindings were made lazy
from warm_standby.state import StateError, refuse_mixed_states  # noqa: E402 - after the bindings were made lazy
from warm_standby.wheels import locked_wheels  # noqa: E402 - after the bindings were made lazy

if refusal := describe_wrong_target(os.environ):
    sys.stderr.write(f"{wrap_lines(refusal)}\n")
    sys.exit(3)
project = Path(__file__).parent
functions, site = project / "lambda_src", project / "frontend"
try:
    settings, app = Settings.load(), App()
    refuse_mixed_states(settings, output=Path(app.outdir))
    wheels = locked_wheels(project) if settings.access.sign_in else ()
    assets = read_assets(
        functions=functions,
        site=site,
        archive=Path(app.outdir, "functions.zip"),
        wheels=wheels,
        automatic=settings.automatic.enabled,
        notifications=settings.notifications.enabled,
    )
except (SettingsError, StateError, AssetError) as error:
    sys.stderr.write(f"{wrap_lines(str(error)) if isinstance(error, StateError) else error}\n")
    sys.exit(3 if isinstance(error, StateError) else 2)
WarmStandbyStack(app, settings=settings, assets=assets)
app.synth()
sys.stdout.write(f"Access: {settings.access.description}\n")
if settings.automatic.enabled:
    sys.stdout.write(f"Second vantage point of the controller: {describe_second_vantage_point(settings)}\n")
