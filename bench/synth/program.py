"""One synth in its own process: `python -m bench.synth.program {floor,stack} OUT TIMES`.

The environment selects stock or lazy bindings.
"""

import sys
from pathlib import Path

import lazy_bindings

ROOT = Path(__file__).parents[2]


def floor(out: Path) -> None:
    """Synthesize with cdktf alone: no provider, one output."""
    from cdktf import App, TerraformOutput, TerraformStack  # noqa: PLC0415 - the import is a part of the measurement

    app = App(outdir=str(out))
    TerraformOutput(TerraformStack(app, "floor"), "output", value="value")
    app.synth()


def stacks(out: Path, times: int) -> None:
    """Synthesize our own stack `times` times in one App."""
    lazy_bindings.install(collect_at_exit=False)
    from cdktf import App  # noqa: PLC0415 - after the bindings were made lazy

    from warm_standby.assets import read_assets  # noqa: PLC0415 - after the bindings were made lazy
    from warm_standby.settings import Settings  # noqa: PLC0415 - after the bindings were made lazy
    from warm_standby.stack import WarmStandbyStack  # noqa: PLC0415 - after the bindings were made lazy

    app = App(outdir=str(out))
    assets = read_assets(functions=ROOT / "lambda_src", site=ROOT / "frontend", archive=out / "functions.zip")
    settings = Settings.load(ROOT / "standby.toml")
    for number in range(times):
        WarmStandbyStack(app, f"stack-{number}", settings=settings, assets=assets)
    app.synth()


if __name__ == "__main__":
    program, directory, repetitions = sys.argv[1:]
    if program == "floor":
        floor(Path(directory))
    else:
        stacks(Path(directory), int(repetitions))
