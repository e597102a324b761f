"""The Terraform module is the synthesized stack, whatever values its variables have."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest

from standby.stack.configuration import read_stack
from standby.stack.deployer_policy import deployer_policy
from tests.constructs.helpers import ACCOUNT
from tests.constructs.plan import ROOT, Plan, Synthesize, default_settings
from toolchain.release.synthesis import policy_template
from toolchain.release.terraform_module import (
    EMAIL,
    FAILOVER,
    NAME,
    PRIMARY,
    TAGS,
    ModuleError,
    module_files,
    sentinel_settings,
    texts,
)
from warm_standby.settings import Settings

Json = dict[str, Any]

CONDITIONAL = re.compile(r'%\{ if !contains\((\[[^\]]+\]), "([^"]+)"\) \}(.*?)%\{ endif \}')
ASSET = re.compile(r"assets/(functions|site)/[0-9A-F]{32}/")
SUBSCRIPTION = "aws_sns_topic_subscription"


@pytest.fixture
def files(synthesize: Synthesize) -> Json:
    settings = default_settings()
    return module_files(synthesize(sentinel_settings(settings)).document, settings)


def rendered(value: Any, settings: Settings) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value of the module as Terraform reads it with the variables of these settings."""
    if isinstance(value, dict):
        return {key: rendered(part, settings) for key, part in value.items()}
    if isinstance(value, list):
        return [rendered(part, settings) for part in value]
    if value == "${var.tags}":
        return dict(settings.tags)
    if not isinstance(value, str):
        return value
    variables = {
        "name": settings.name,
        "primary_region": settings.regions.primary,
        "failover_region": settings.regions.failover,
    }
    for name, chosen in variables.items():
        value = value.replace(f"${{var.{name}}}", chosen)
    return CONDITIONAL.sub(lambda match: "" if match[2] in json.loads(match[1]) else match[3], value)


def comparable(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value of the stack without comments, with the paths that the module has."""
    if isinstance(value, dict):
        return {key: comparable(part) for key, part in value.items() if key != "//"}
    if isinstance(value, list):
        return [comparable(part) for part in value]
    paths = {"functions": "${path.module}/", "site": "${path.module}/site/"}
    return ASSET.sub(lambda match: paths[match[1]], value) if isinstance(value, str) else value


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"name": "a-name-of-20-letters", "regions": {"primary": "us-east-2", "failover": "us-west-2"}},
        {"name": "dev", "regions": {"primary": "us-east-1", "failover": "ca-central-1"}, "tags": {"a": "b", "c": "d"}},
        {"name": "dev", "regions": {"primary": "sa-east-1", "failover": "us-east-2"}},
    ],
    ids=["the defaults", "the longest name", "tags", "a region without the profile"],
)
def test_the_module_with_any_values_is_the_stack_with_these_settings(
    files: Json, synthesize: Synthesize, changed: Mapping[str, Any]
) -> None:
    settings = default_settings(**changed)
    stack = comparable(synthesize(settings).document)
    module = rendered(files["main.tf.json"], settings)
    assert set(module["resource"].pop(SUBSCRIPTION)) == {
        f"{role}_alerts_subscription" for role in ("primary", "failover")
    }
    assert SUBSCRIPTION not in stack["resource"]
    used = [provider for provider in stack["provider"]["aws"] if provider["alias"] != "global"]
    assert module["provider"] == {"aws": used}
    for kind in ("data", "locals", "resource"):
        assert module[kind] == stack[kind]
    assert rendered(files["outputs.tf.json"]["output"], settings) == stack["output"]


def test_the_subscriptions_are_those_of_the_stack_for_each_address(files: Json, synthesize: Synthesize) -> None:
    addresses = ["oncall@example.com", "other@example.com"]
    stack = comparable(synthesize(default_settings(operations={"alert_emails": addresses})).document)
    found = files["main.tf.json"]["resource"][SUBSCRIPTION].values()
    assert {body["for_each"] for body in found} == {"${var.alert_emails}"}
    made = [{**body, "endpoint": address} for body in found for address in addresses]
    expected = [{**body, "for_each": "${var.alert_emails}"} for body in stack["resource"][SUBSCRIPTION].values()]
    assert sorted(made, key=json.dumps) == sorted(expected, key=json.dumps)
    assert {body["endpoint"] for body in found} == {"${each.value}"}


def test_no_sentinel_no_path_of_a_machine_and_no_backend_is_left(files: Json) -> None:
    everything = list(texts(files))
    for sentinel in (NAME, EMAIL, *TAGS, *TAGS.values(), str(ROOT), "assets/"):
        assert [text for text in everything if sentinel in text] == []
    of_rules = list(texts(files["variables.tf.json"]))
    for region in (PRIMARY, FAILOVER):
        assert [text for text in everything if region in text and text not in of_rules] == []
    assert set(files["versions.tf.json"]["terraform"]) == {"required_version", "required_providers"}


def test_every_variable_is_used_and_has_a_description(files: Json) -> None:
    used = " ".join(texts(files["main.tf.json"]))
    for name, body in files["variables.tf.json"]["variable"].items():
        assert f"var.{name}" in used
        assert body["description"].endswith((".", "region."))
        assert body["validation"]


def test_the_defaults_are_those_of_the_settings(files: Json) -> None:
    settings = default_settings()
    assert {name: body["default"] for name, body in files["variables.tf.json"]["variable"].items()} == {
        "name": settings.name,
        "primary_region": settings.regions.primary,
        "failover_region": settings.regions.failover,
        "tags": dict(settings.tags),
        "alert_emails": [],
    }


@pytest.mark.parametrize("text", [NAME.upper(), NAME.replace("-", "_"), "assets/other/file"])
def test_a_sentinel_in_another_form_stops_the_release(synthesize: Synthesize, text: str) -> None:
    settings = default_settings()
    plan: Plan = synthesize(sentinel_settings(settings))
    document = json.loads(json.dumps(plan.document))
    document["locals"]["other"] = text
    with pytest.raises(ModuleError, match="cannot become a variable"):
        module_files(document, settings)


def test_a_stack_without_a_subscription_stops_the_release(plan: Plan) -> None:
    with pytest.raises(ModuleError, match="not one subscription in each region"):
        module_files(plan.document, default_settings())


def test_the_policy_of_the_module_is_that_of_the_stack_with_the_name_and_the_account(synthesize: Synthesize) -> None:
    template = policy_template(synthesize(sentinel_settings(default_settings())).document)
    filled = json.dumps(template).replace("NAME", "chatbot").replace("ACCOUNT", ACCOUNT)
    subscribed = default_settings(operations={"alert_emails": ["oncall@example.com"]})
    assert json.loads(filled) == deployer_policy(read_stack(synthesize(subscribed).document), account=ACCOUNT)
