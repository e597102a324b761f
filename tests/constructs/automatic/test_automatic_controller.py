"""The controller of the automatic failover: where it is, and what it may do."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.constructs.grants import grants
from tests.constructs.plan import ROOT, Plan, Synthesize, default_settings
from tests.constructs.variants import DNS, UNATTENDED
from tests.e2e.drill.unattended.grants import HOLDER, NOTICED, READ_CHECKERS, UNNOTICED
from warm_standby.automatic.controller import describe_second_vantage_point
from warm_standby.settings import Settings, SettingsError

CHECK = "${aws_route53_health_check.api_domain_checks_primary_health_"
OWN, OTHER = "chatbot-frontend-", "us-east-1"


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    from tests.constructs.synthesis import synthesize  # noqa: PLC0415 - it starts Node

    settings = Settings.model_validate({"name": "chatbot", "automatic": {"enabled": True}})
    out = tmp_path_factory.mktemp("automatic")
    return synthesize(settings, functions=ROOT / "lambda_src", site=ROOT / "frontend", out=out)


def named(plan: Plan, type_: str, part: str) -> dict[str, Any]:
    (found,) = (body for address, body in plan.document["resource"][type_].items() if part in address)
    return dict(found)


def test_the_controller_is_in_the_failover_region_only(plan: Plan) -> None:
    functions = plan.document["resource"]["aws_lambda_function"].values()
    assert [body["provider"] for body in functions if body["handler"].startswith("controller.")] == ["aws.failover"]


def test_its_role_writes_in_its_own_region_only(plan: Plan) -> None:
    policy = json.loads(named(plan, "aws_iam_role_policy", "automatic_function")["policy"])
    writes = [entry for entry in policy["Statement"] if "s3:PutObject" in entry["Action"]]
    (resources,) = (entry["Resource"] for entry in writes)
    assert [resource.rpartition("-us-")[2] for resource in resources] == [
        "east-1/config.json",
        "east-1/standby/journal/*",
    ]
    assert all("Delete" not in action for entry in policy["Statement"] for action in entry["Action"])


def test_each_of_its_grants_is_noticed_by_a_test_or_listed_with_a_reason(plan: Plan) -> None:
    found = {grant for grant in grants(plan, "failover") if grant.holder.removeprefix("function:") == HOLDER}
    assert found == {*NOTICED, *UNNOTICED}


def test_with_a_name_in_dns_it_reads_the_check_of_the_primary_regions_health_and_has_one_grant_more(
    synthesize: Synthesize,
) -> None:
    plan = synthesize(UNATTENDED)
    variables = named(plan, "aws_lambda_function", "automatic_function")["environment"]["variables"]
    assert variables["HEALTH_CHECK_ID"].startswith(CHECK)
    asked = named(plan, "aws_route53_health_check", "checks_primary_health")
    assert (asked["type"], asked["resource_path"]) == ("HTTPS", "/prod/health")
    found = {grant for grant in grants(plan, "failover") if grant.holder.removeprefix("function:") == HOLDER}
    assert found == {*NOTICED, *UNNOTICED, READ_CHECKERS}


def test_outside_of_us_east_1_it_reads_no_metric_because_that_region_can_be_the_lost_one(
    synthesize: Synthesize,
) -> None:
    regions = {"primary": "us-east-1", "failover": "us-west-2"}
    plan = synthesize(default_settings(regions=regions, dns=DNS, automatic={"enabled": True}))
    assert "HEALTH_CHECK_ID" not in named(plan, "aws_lambda_function", "automatic_function")["environment"]["variables"]
    assert "GetMetricData" not in json.dumps(plan.document)


@pytest.mark.parametrize(
    "changes, vantage_point",
    [
        ({}, "the edge"),
        ({"dns": DNS}, "Route 53's checkers"),
        (
            {"dns": DNS, "regions": {"primary": "us-east-1", "failover": "us-west-2"}},
            "the edge, because regions.failover is not us-east-1, where Route 53's metric is",
        ),
    ],
)
def test_the_synthesis_names_the_second_vantage_point(changes: dict[str, Any], vantage_point: str) -> None:
    assert describe_second_vantage_point(default_settings(**changes)) == vantage_point


def test_an_alarm_goes_off_when_it_has_not_looked_for_five_minutes(plan: Plan) -> None:
    alarm = named(plan, "aws_cloudwatch_metric_alarm", "automatic_look")
    assert (alarm["period"], alarm["evaluation_periods"], alarm["treat_missing_data"]) == (60, 5, "breaching")
    assert alarm["provider"] == "aws.failover"


def test_its_archive_has_what_it_imports_and_the_common_one_has_not(plan: Plan) -> None:
    from zipfile import ZipFile  # noqa: PLC0415 - one test reads archives

    archives = sorted(Path(plan.directory).rglob("*.zip"))
    packages = [{name.partition("/")[0] for name in ZipFile(path).namelist()} for path in archives]
    assert {"controller", "shared", "standby_protocol"} in packages
    assert sum("controller" in found for found in packages) == 1


@pytest.mark.parametrize("values", [{"failed_looks": 6}, {"failed_looks": 1}, {"dwell_minutes": 0}])
def test_settings_that_would_move_users_too_easily_or_never_are_refused(tmp_path: Path, values: dict[str, int]) -> None:
    file = tmp_path / "standby.toml"
    lines = [f"{key} = {value}" for key, value in values.items()]
    file.write_text("\n".join(['name = "chatbot"', "[automatic]", *lines]))
    with pytest.raises(SettingsError, match=r"automatic\."):
        Settings.load(file)
