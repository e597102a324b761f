"""One synth with any cdktf and any AWS bindings: `python -m bench.synth.compat_program CDK BINDINGS OUT`.

It samples the provider's resources and data sources, with arguments from their signatures, so that the program works
with any schema of the provider.
"""

import importlib
import inspect
import itertools
import os
import sys
from collections.abc import Iterator
from typing import Any

import lazy_bindings
from tests.lazy_bindings.sampler import Sampler

EVERY = 18  # sample every 18th module


def _types(bindings: Any, bases: tuple[type, ...]) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - a module of any version
    for name in bindings.__all__[3::EVERY]:
        module = importlib.import_module(f"{bindings.__name__}.{name}")
        for attribute in module.__all__:
            found = getattr(module, attribute)
            if inspect.isclass(found) and issubclass(found, bases):
                yield name, found


def main(cdk_name: str, bindings_name: str, out: str) -> None:
    """Synthesize, and print how the bindings were loaded and the number of types.

    Raises SystemExit if the bindings were not loaded lazily, unless stock bindings were forced.
    """
    status = lazy_bindings.install()
    cdk = importlib.import_module(cdk_name)
    bindings = importlib.import_module(bindings_name)
    app = cdk.App(outdir=out)
    stack = cdk.TerraformStack(app, "stack")
    importlib.import_module(f"{bindings_name}.provider").AwsProvider(stack, "aws", region="us-west-2")
    count = 0
    for name, resource in _types(bindings, (cdk.TerraformResource, cdk.TerraformDataSource)):
        words = (f"{name}-{number}" for number in itertools.count())
        resource(stack, name, **Sampler(words=words, depth=2).arguments(resource.__init__))
        count += 1
    app.synth()
    loaded = sum(name.startswith(f"{bindings_name}.") for name in sys.modules)
    print(f"python lazy: {status.python}, node lazy: {status.node}, {count} types, {loaded} modules loaded")
    stock = os.environ.get(lazy_bindings.STOCK_VARIABLE) == "1"
    if not stock and not (status.python and status.node and loaded < len(bindings.__all__) / 2):
        sys.exit("The bindings were not loaded lazily.")


if __name__ == "__main__":
    main(*sys.argv[1:])
