"""The override file that points an unchanged configuration at the emulator."""

import ast
import importlib.util
from pathlib import Path

import pytest

from standby.errors import StandbyError
from standby.rehearsal.deploy.override import ENDPOINT_SERVICES, override
from tests.standby.rehearsal.deploy.helpers import configuration

ENDPOINT = "http://127.0.0.1:4999"


def providers(merged: dict[str, object]) -> list[dict[str, object]]:
    block = merged["provider"]
    assert isinstance(block, dict)
    found = block["aws"]
    assert isinstance(found, list)
    return found


def test_every_provider_block_is_overridden_by_its_alias() -> None:
    merged = override(configuration(), endpoint=ENDPOINT, state="terraform.tfstate")
    assert [block["alias"] for block in providers(merged)] == ["primary", "failover"]


def test_a_provider_block_without_an_alias_is_overridden_without_one() -> None:
    merged = override({"provider": {"aws": [{"region": "us-west-2"}]}}, endpoint=ENDPOINT, state="terraform.tfstate")
    assert "alias" not in providers(merged)[0]


def test_a_deployment_that_only_other_accounts_allow_can_be_rehearsed() -> None:
    for block in providers(override(configuration(), endpoint=ENDPOINT, state="terraform.tfstate")):
        assert block["allowed_account_ids"] == ["000000000000"]


def test_no_service_has_an_endpoint_at_aws() -> None:
    for block in providers(override(configuration(), endpoint=ENDPOINT, state="terraform.tfstate")):
        assert block["endpoints"] == [dict.fromkeys(ENDPOINT_SERVICES, ENDPOINT)]


def test_a_remote_backend_is_rehearsed_with_a_local_state() -> None:
    merged = override(configuration(), endpoint=ENDPOINT, state="../terraform.tfstate")
    assert merged["terraform"] == {"backend": {"local": {"path": "../terraform.tfstate"}}}


def test_the_override_repeats_nothing_of_the_configuration() -> None:
    merged = override(configuration(), endpoint=ENDPOINT, state="terraform.tfstate")
    assert all("region" not in block for block in providers(merged))


@pytest.mark.parametrize("wrong", [{}, {"provider": {}}, {"provider": {"aws": []}}])
def test_a_configuration_without_an_aws_provider_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(StandbyError, match="no AWS provider"):
        override(wrong, endpoint=ENDPOINT, state="terraform.tfstate")


def test_the_provider_has_every_listed_service() -> None:
    assert set(ENDPOINT_SERVICES) <= provider_endpoints()
    assert len(ENDPOINT_SERVICES) == len(set(ENDPOINT_SERVICES))


def provider_endpoints() -> set[str]:
    # Read as text: importing the bindings takes seconds.
    spec = importlib.util.find_spec("cdktf_cdktf_provider_aws")
    assert spec is not None
    assert spec.origin is not None
    source = Path(spec.origin).with_name("provider") / "__init__.py"
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef) and node.name == "AwsProviderEndpoints":
            init = next(part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__")
            return {argument.arg.replace("_", "") for argument in init.args.kwonlyargs}
    raise AssertionError(source)
