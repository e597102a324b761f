"""A program for the identity tests: synthesize several stacks, and record names and errors.

`python -m tests.lazy_bindings.identity_program OUT` writes the stacks to OUT/*/stacks, and the rest to OUT/report.json.
The environment selects stock or lazy bindings.
"""

import importlib
import inspect
import itertools
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lazy_bindings

lazy_bindings.install()

import cdktf_cdktf_provider_aws as bindings  # noqa: E402 - after the bindings were made lazy
from cdktf import App, TerraformDataSource, TerraformResource, TerraformStack  # noqa: E402 - after the bindings were made lazy
from cdktf_cdktf_provider_aws.provider import AwsProvider  # noqa: E402 - after the bindings were made lazy
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket, S3BucketCorsRule  # noqa: E402 - after the bindings were made lazy

from tests.lazy_bindings.feature_stack import FeatureStack  # noqa: E402 - after the bindings were made lazy
from tests.lazy_bindings.sampler import Sampler  # noqa: E402 - after the bindings were made lazy
from tests.lazy_bindings.stack_variants import VARIANTS, synthesize_variants  # noqa: E402 - after the bindings were made lazy

EVERY = 18  # every 18th of the provider's 2,135 modules: 119 types


class SampledStack(TerraformStack):
    """Many types of resources and data sources, each with all arguments and blocks."""

    def __init__(self, scope: App, id_: str) -> None:
        super().__init__(scope, id_)
        AwsProvider(self, "aws", region="us-west-2")
        for name, resource in sampled_types():
            words = (f"{name}-{number}" for number in itertools.count())
            resource(self, name, **Sampler(words=words, depth=2).arguments(resource.__init__))


def sampled_types() -> Iterator[tuple[str, Any]]:
    """Yield the module name and the class of the sampled resources and data sources."""
    for name in bindings.__all__[3::EVERY]:
        module = importlib.import_module(f"{bindings.__name__}.{name}")
        for attribute in module.__all__:
            found = getattr(module, attribute)
            if inspect.isclass(found) and issubclass(found, TerraformResource | TerraformDataSource):
                yield name, found


def mistakes(stack: TerraformStack) -> dict[str, Callable[[], object]]:
    """Return functions that use the bindings incorrectly."""
    made: dict[str, Any] = {"rule": S3BucketCorsRule, "bucket": S3Bucket}
    wrong: dict[str, Any] = {"scope": 1, "number": 7, "list": 8, "rule": [{"allowed_methods": 1}]}
    return {
        "wrong type": lambda: S3Bucket(stack, "a", bucket=wrong["number"]),
        "wrong scope": lambda: S3Bucket(wrong["scope"], "b"),
        "wrong list": lambda: S3BucketCorsRule(allowed_methods=wrong["list"], allowed_origins=["*"]),
        "missing argument": lambda: made["rule"](allowed_methods=["GET"]),
        "missing in a dictionary": lambda: S3Bucket(stack, "c", cors_rule=wrong["rule"]),
        "unknown argument": lambda: made["bucket"](stack, "d", buckets="x"),
        "unknown block": lambda: S3Bucket(stack, "e", versioning={"enable": True}),
        "wrong value set": lambda: setattr(stack.node.find_child("first"), "bucket", wrong["number"]),
        "wrong list put": lambda: S3Bucket(stack, "f").put_cors_rule(wrong["number"]),
        "same id twice": lambda: S3Bucket(stack, "first"),
        "unknown module": lambda: importlib.import_module(f"{bindings.__name__}.s3_buckets"),
        "unknown attribute": lambda: getattr(bindings, "s3_buckets"),  # noqa: B009 - mypy knows that there is none,
    }


def errors() -> dict[str, str]:
    """Return each mistake's error: its type and its message."""
    stack = TerraformStack(App(), "mistakes")
    S3Bucket(stack, "first")
    found = {}
    for name, mistake in mistakes(stack).items():
        try:
            mistake()
        except Exception as error:  # noqa: BLE001 - any error of the stock bindings
            found[name] = f"{type(error).__qualname__}: {error}"
    return found


def names() -> dict[str, Any]:
    """Return the results of `dir` and `inspect`, and the documentation, for the package, a module and a class."""
    package = importlib.import_module(bindings.__name__)
    signature = {name: (str(value.kind), value.default is value.empty) for name, value in _parameters(S3Bucket)}
    return {
        "package": dir(package),
        "exported": package.__all__,
        "attributes": [type(getattr(package, name)).__module__ for name in ("s3_bucket", "xray_group", "provider")],
        "module": dir(importlib.import_module(f"{bindings.__name__}.s3_bucket")),
        "class": [name for name, _ in inspect.getmembers(S3Bucket)],
        "signature": signature,
        "source": inspect.getsource(S3BucketCorsRule)[:2000],
        "doc": (package.__doc__ or "")[:200] + (S3Bucket.__doc__ or ""),
        "file": package.__file__,
    }


def _parameters(cls: type) -> list[tuple[str, inspect.Parameter]]:
    return list(inspect.signature(cls).parameters.items())


def main(out: Path) -> None:
    """Write the files that the tests compare."""
    out.mkdir(parents=True)
    app = App(outdir=str(out / "bindings"))
    FeatureStack(app, "features")
    SampledStack(app, "sampled")
    app.synth()
    synthesize_variants(out)
    report = {"errors": errors(), "names": names(), "variants": VARIANTS}
    (out / "report.json").write_text(json.dumps(report, indent=1))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
