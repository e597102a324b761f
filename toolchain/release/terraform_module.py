"""The Terraform module: the synthesized JSON, with variables in place of what people change.

The stack is synthesized with sentinels, values that occur nowhere else, and each sentinel becomes a variable. In JSON
every text is a template, and in an expression the stack has its values in quoted texts, which are templates too. So
`${var.name}` is right in both. (Source: developer.hashicorp.com, Terraform, "JSON Configuration Syntax".)
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from standby.errors import StandbyError
from toolchain.release.variables import variables
from warm_standby.settings import Settings

Json = dict[str, Any]

NAME: Final = "x7q-sentinel-q7x"
PRIMARY: Final = "ca-central-1"
FAILOVER: Final = "sa-east-1"
"""Regions that no other part of the default configuration names."""
TAGS: Final[Mapping[str, str]] = {"x7q-key-q7x": "x7q-value-q7x"}
EMAIL: Final = "x7q@sentinel-q7x.example"

VARIABLES: Final[Mapping[str, str]] = {
    NAME: "${var.name}",
    PRIMARY: "${var.primary_region}",
    FAILOVER: "${var.failover_region}",
}
_LEFT: Final = ("x7q", "q7x", PRIMARY, FAILOVER, "assets/")
# The assets of cdktf: a directory with the digest of the content.
_ASSET: Final = re.compile(r"assets/(functions|site)/[0-9A-F]{32}/")
_ASSETS: Final = {"functions": "${path.module}/", "site": "${path.module}/site/"}
# A policy names a model in each region of its profile, and in the region of the deployment unless it is one of them.
_MODEL: Final = r'"arn:aws:bedrock:{region}::foundation-model/[^"]+"'
_IN_LITERAL_REGIONS: Final = re.compile(rf"(?:{_MODEL.format(region='[a-z0-9-]+')}, )+")
_SUBSCRIPTION: Final = "aws_sns_topic_subscription"


class ModuleError(StandbyError):
    """The configuration has a value that cannot become a variable. The text names it."""


def sentinel_settings(settings: Settings) -> Settings:
    """Return the settings with sentinels in place of what the module's variables set.

    Raises `ModuleError` for settings with sign-in: the module has neither the authorizer's archive nor its variables.
    """
    if settings.access.sign_in:
        raise ModuleError('A module cannot have access.mode = "oidc".', hint="Deploy such a stack from a checkout.")
    values = settings.model_dump()
    values["name"], values["tags"] = NAME, dict(TAGS)
    values["regions"] = {"primary": PRIMARY, "failover": FAILOVER}
    values["operations"]["alert_emails"] = [EMAIL]
    return Settings.model_validate(values)


def module_files(document: Mapping[str, Any], settings: Settings) -> dict[str, Json]:
    """Return the module's files, made from the configuration with the sentinels of `settings`.

    Raises `ModuleError`: a sentinel is left, or the configuration has no subscription for the address.
    """
    main: Json = _without_comments({name: document[name] for name in ("provider", "data", "locals", "resource")})
    # No resource of the module needs the third provider, which is there for settings that the module does not have.
    main["provider"]["aws"] = [one for one in main["provider"]["aws"] if one["alias"] != "global"]
    for provider in main["provider"]["aws"]:
        provider["default_tags"] = [{"tags": "${var.tags}"}]
    main["resource"][_SUBSCRIPTION] = dict(_subscriptions(main["resource"].get(_SUBSCRIPTION, {})))
    terraform = {name: document["terraform"][name] for name in ("required_version", "required_providers")}
    files = {
        "main.tf.json": with_variables(main),
        "outputs.tf.json": with_variables({"output": _without_comments(document["output"])}),
        "variables.tf.json": {"variable": variables(settings)},
        "versions.tf.json": {"terraform": terraform},
    }
    for name in ("main.tf.json", "outputs.tf.json"):
        if left := [text for text in texts(files[name]) if any(sentinel in text.lower() for sentinel in _LEFT)]:
            raise ModuleError(f"{name}: {left[0][:200]!r} cannot become a variable")
    return files


def with_variables(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with variables in place of the sentinels, and with the paths of the module."""
    if isinstance(value, dict):
        return {key: with_variables(part) for key, part in value.items()}
    if isinstance(value, list):
        return [with_variables(part) for part in value]
    return _with_variables(value) if isinstance(value, str) else value


def texts(value: object) -> Iterator[str]:
    """Yield every text of a JSON value, keys too."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)
    elif isinstance(value, str):
        yield value


def _with_variables(text: str) -> str:
    for region in (PRIMARY, FAILOVER):
        text = _once_in_each_region(text, region)
    for sentinel, variable in VARIABLES.items():
        text = text.replace(sentinel, variable)
    return _ASSET.sub(lambda match: _ASSETS[match[1]], text)


def _once_in_each_region(text: str, region: str) -> str:
    """Name a model in the deployment's region only if the regions before it are others, as the stack does."""
    listed = re.compile(rf"({_IN_LITERAL_REGIONS.pattern})({_MODEL.format(region=region)})")

    def conditional(match: re.Match[str]) -> str:
        regions = json.dumps(re.findall(r"arn:aws:bedrock:([a-z0-9-]+)::", match[1]))
        before = match[1].removesuffix(", ")
        return f'{before}%{{ if !contains({regions}, "{region}") }}, {match[2]}%{{ endif }}'

    return listed.sub(conditional, text)


def _without_comments(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict):
        return {key: _without_comments(part) for key, part in value.items() if key != "//"}
    return [_without_comments(part) for part in value] if isinstance(value, list) else value


def _subscriptions(found: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    """Yield one subscription for each address of the variable, in both regions."""
    if {body["endpoint"] for body in found.values()} != {EMAIL}:
        raise ModuleError(f"{_SUBSCRIPTION}: not one subscription in each region for {EMAIL}")
    for body in found.values():
        role = body["provider"].removeprefix("aws.")
        yield f"{role}_alerts_subscription", {**body, "endpoint": "${each.value}", "for_each": "${var.alert_emails}"}
