"""What a deployment costs: the arithmetic, and that nothing is silently zero."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from standby.cli.main import cli
from standby.cost.components import amounts
from standby.cost.prices import VALID_DAYS, price_list
from standby.cost.report import CostReport, cost_report
from standby.cost.resource_types import FREE, PRICED, unknown_types
from standby.cost.stack import Stack
from standby.cost.usage import PROFILES
from tests.constructs.plan import Synthesize, default_settings
from tests.constructs.variants import (
    APART_OPENSEARCH,
    APART_S3_VECTORS,
    CHANGED,
    LONGEST,
    NAMED,
    NOTIFIED,
    SAME_API,
    SHIELDED,
    SIGN_IN,
    UNATTENDED,
)
from warm_standby.settings import Settings, Usage

TODAY = date(2026, 11, 27)
MINUTES = 43_800
Report = Callable[..., CostReport]


@pytest.fixture(scope="module")
def stack(synthesize: Synthesize) -> Stack:
    return Stack(document=synthesize(default_settings()).document)


def report(stack: Stack, usage: Usage = PROFILES["idle"], *, today: date = TODAY) -> CostReport:
    return cost_report(stack, usage, path="stack.json", profile="test", today=today)


def units(stack: Stack, usage: Usage, role: str, unit: str) -> float:
    return sum(amount.units for amount in amounts(stack, usage, role) if amount.unit == unit)


def test_two_idle_regions_cost_less_than_15_usd_a_month(stack: Stack) -> None:
    assert 1 < report(stack).total < 15


def test_opensearch_costs_one_ocu_in_each_region_used_or_not(synthesize: Synthesize, stack: Stack) -> None:
    store = {"vector_store": "opensearch-serverless"}
    other = Stack(document=synthesize(default_settings(knowledge_base=store)).document)
    vectors = {component.name: component for component in report(other).components}["vectors"]
    assert vectors.primary == vectors.failover == pytest.approx(730 * 0.24, abs=0.01)
    assert report(other).total - report(stack).total == pytest.approx(2 * 730 * 0.24, abs=0.1)


def test_sign_in_costs_one_more_run_for_each_request_and_for_each_fetch_of_the_keys(
    synthesize: Synthesize, stack: Stack
) -> None:
    signed_in, usage = Stack(document=synthesize(SIGN_IN).document), PROFILES["idle"]
    for role in ("primary", "failover"):
        requests = units(stack, usage, role, "api_gateway_requests")
        added = units(signed_in, usage, role, "lambda_requests") - units(stack, usage, role, "lambda_requests")
        assert added == pytest.approx(requests + MINUTES / 5)


def test_a_schedule_runs_as_often_as_its_expression_says(stack: Stack) -> None:
    runs = sorted(schedule.runs for schedule in stack.schedules("primary"))
    assert runs == [MINUTES / 60, MINUTES / 5, MINUTES]
    assert [schedule.runs for schedule in stack.schedules("failover") if schedule.asks] == [MINUTES / 60]
    assert [schedule.runs for schedule in stack.schedules("failover") if schedule.sweeps] == [MINUTES / 5]


def test_the_readiness_check_asks_the_model_if_there_are_documents(stack: Stack) -> None:
    model = "anthropic.claude-haiku-4-5-20251001-v1:0 input_tokens"
    assert units(stack, PROFILES["idle"], "failover", model) == 0
    stored = PROFILES["idle"].model_copy(update={"stored_gb": 1.0})
    assert units(stack, stored, "failover", model) == MINUTES / 60 * stored.question_tokens


def test_questions_are_answered_by_the_primary_region_and_documents_are_embedded_in_both(stack: Stack) -> None:
    usage = Usage(questions=1_000, uploads=10, stored_gb=0.0, document_mb=1.0)
    assert units(stack, usage, "primary", "guardrail_text_units") == 3_000
    assert units(stack, usage, "failover", "guardrail_text_units") == 0
    embedded = {role: units(stack, usage, role, "amazon.titan-embed-text-v2:0 input_tokens") for role in stack_roles()}
    assert embedded["primary"] == embedded["failover"] == pytest.approx(10 * 250_000 / 0.8)


def stack_roles() -> tuple[str, str]:
    return ("primary", "failover")


@pytest.mark.parametrize("documents, readings", [(50_000, MINUTES / 5), (1_000_000, MINUTES / 20)])
def test_the_sweep_lists_a_large_bucket_less_often(stack: Stack, documents: int, readings: float) -> None:
    usage = Usage(questions=0, uploads=0, stored_gb=documents / 1_000, document_mb=1.0)
    pages = 1 + documents // 1_000
    assert units(stack, usage, "failover", "s3_writes") == pytest.approx(readings * pages)


def test_an_alarm_costs_as_many_metrics_as_it_reads(stack: Stack) -> None:
    alarms = stack.resources("aws_cloudwatch_metric_alarm", "primary")
    metrics = units(stack, PROFILES["idle"], "primary", "cloudwatch_alarm_metrics")
    assert metrics == sum(json.dumps(alarm).count('"metric_name"') for alarm in alarms)
    assert metrics > len(alarms)


def test_one_way_replication_costs_one_rule(synthesize: Synthesize, stack: Stack) -> None:
    one_way = Stack(document=synthesize(default_settings(documents={"replication": "one-way"})).document)
    costs = [{c.name: c for c in report(each).components}["replication"] for each in (stack, one_way)]
    assert [(cost.primary > 0, cost.failover > 0) for cost in costs] == [(True, True), (True, False)]


def test_a_name_in_dns_costs_its_checks_and_the_requests_of_every_checker(synthesize: Synthesize, stack: Stack) -> None:
    named, usage = Stack(document=synthesize(NAMED).document), PROFILES["idle"]
    fast, slow = 16 * MINUTES * 60 / 10, 16 * MINUTES * 60 / 30
    for role, asked in (("primary", fast), ("failover", slow)):
        for unit in ("api_gateway_requests", "lambda_requests"):
            assert units(named, usage, role, unit) - units(stack, usage, role, unit) == pytest.approx(asked)
    assert units(named, usage, "primary", "cloudfront_requests") == fast
    assert [units(named, usage, role, "route53_health_checks") for role in ("primary", "failover")] == [3, 1]
    assert [units(named, usage, role, "route53_health_check_features") for role in ("primary", "failover")] == [
        2 + 3,
        1,
    ]
    dns = {component.name: component for component in report(named).components}["DNS"]
    assert dns.primary > dns.failover > 0
    assert "DNS" not in {component.name for component in report(stack).components}


def test_each_look_at_the_metric_of_route_53_costs_a_request_that_is_never_free(
    synthesize: Synthesize, stack: Stack
) -> None:
    unattended, usage = Stack(document=synthesize(UNATTENDED).document), PROFILES["idle"]
    unit = "cloudwatch_metric_requests"
    assert [units(unattended, usage, role, unit) for role in ("primary", "failover")] == [0, MINUTES]
    assert price_list()[unit].cost(MINUTES) == pytest.approx(0.438)
    assert units(Stack(document=synthesize(NAMED).document), usage, "failover", unit) == 0


def test_aws_waf_costs_each_web_acl_and_each_rule_used_or_not(synthesize: Synthesize, stack: Stack) -> None:
    shielded = Stack(document=synthesize(SHIELDED).document)
    waf = {component.name: component for component in report(shielded).components}["AWS WAF"]
    assert (waf.primary, waf.failover) == (2 * (5 + 5), 5 + 5)  # the site's and the API's; five rules each
    assert not {"AWS WAF", "access logs"} & {component.name for component in report(stack).components}


def test_access_logs_cost_their_storage_for_as_many_days_as_they_are_kept(synthesize: Synthesize, stack: Stack) -> None:
    shielded = Stack(document=synthesize(SHIELDED).document)
    usage = Usage(questions=0, page_views=1_000, uploads=0, stored_gb=0.0)
    requests = 1_000 * 30
    kept = units(shielded, usage, "primary", "s3_gb_months") - units(stack, usage, "primary", "s3_gb_months")
    assert kept == pytest.approx(2 * requests * 1e-6 * 30 / 30)


def test_notifications_cost_a_run_each_minute_in_each_region_and_less_than_3_usd(
    synthesize: Synthesize, stack: Stack
) -> None:
    notified, usage = Stack(document=synthesize(NOTIFIED).document), PROFILES["idle"]
    for role in ("primary", "failover"):
        added = units(notified, usage, role, "s3_writes") - units(stack, usage, role, "s3_writes")
        assert added == MINUTES * 3
        assert units(notified, usage, role, "cloudwatch_requests") == MINUTES
        runs = units(notified, usage, role, "lambda_requests") - units(stack, usage, role, "lambda_requests")
        assert runs == MINUTES
    assert 0 < report(notified).total - report(stack).total < 3
    assert "notifications" not in {component.name for component in report(stack).components}


def test_the_free_allowance_is_that_of_the_account_and_never_more_than_is_used(stack: Stack) -> None:
    whole = report(stack)
    assert whole.total == pytest.approx(whole.list_price - whole.free_allowances, abs=0.011)
    assert 0 < whole.free_allowances < whole.list_price
    dashboards = price_list()["cloudwatch_dashboards"]
    assert dashboards.cost(2) <= dashboards.cost(dashboards.free)


def test_more_use_never_costs_less_and_the_parts_are_the_sum(stack: Stack) -> None:
    numbers = st.integers(0, 10**5)

    @given(questions=numbers, uploads=numbers, stored=st.floats(0, 10**4), more=st.integers(1, 10**5))
    def check(questions: int, uploads: int, stored: float, more: int) -> None:
        usage = Usage(questions=questions, uploads=uploads, stored_gb=stored)
        before = report(stack, usage)
        for name in ("questions", "uploads", "page_views", "stored_gb"):
            after = report(stack, usage.model_copy(update={name: getattr(usage, name) + more}))
            assert after.list_price >= before.list_price - 0.01
        assert before.standby_share <= before.list_price + 0.01
        parts = sum(component.primary + component.failover for component in before.components)
        assert before.list_price == pytest.approx(parts, abs=0.1)

    check()


@pytest.mark.parametrize(
    "settings",
    [
        default_settings(),
        CHANGED,
        SAME_API,
        LONGEST,
        APART_OPENSEARCH,
        APART_S3_VECTORS,
        NOTIFIED,
        SHIELDED,
        SIGN_IN,
        UNATTENDED,
    ],
)
def test_the_price_list_knows_every_type_of_every_variant(synthesize: Synthesize, settings: Settings) -> None:
    assert unknown_types(Stack(document=synthesize(settings).document).types()) == ()
    assert PRICED.isdisjoint(FREE)


def test_an_unknown_type_and_an_unknown_model_are_named(stack: Stack) -> None:
    document = json.loads(json.dumps(stack.document))
    document["resource"]["aws_kinesis_stream"] = {"stream": {"provider": "aws.primary"}}
    for function in document["resource"]["aws_lambda_function"].values():
        variables = (function.get("environment") or {}).get("variables") or {}
        if "ANSWER_MODEL_ID" in variables:
            variables["ANSWER_MODEL_ID"] = "us.acme.model-1"
    named = report(Stack(document=document), Usage()).unpriced
    assert named == ("aws_kinesis_stream", "acme.model-1 input_tokens", "acme.model-1 output_tokens")


def test_a_price_older_than_a_year_is_marked(stack: Stack) -> None:
    oldest = min(price.date for price in price_list().values())
    assert report(stack, today=date.fromordinal(oldest.toordinal() + VALID_DAYS)).old_prices == ()
    assert "lambda_requests" in report(stack, today=date.fromordinal(oldest.toordinal() + VALID_DAYS + 1)).old_prices


def test_every_price_has_its_page_and_its_date() -> None:
    for unit, price in price_list().items():
        assert price.source.startswith("aws.amazon.com/"), unit
        assert price.usd > 0 < price.per


def test_other_regions_have_stand_in_prices(synthesize: Synthesize) -> None:
    apart = Stack(document=synthesize(APART_S3_VECTORS).document)
    assert report(apart).stand_in_regions == ("ca-central-1", "sa-east-1")


def invoke(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(cli, ["cost", *arguments])
    return result.exit_code, result.stdout, result.stderr


def test_the_table_fits_80_columns_and_has_the_components(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps(stack.document))
    code, out, err = invoke("--usage", "large", "--stack", str(path))
    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert all(name in out for name in ("models", "vectors", "monitoring", "always-free allowances", "total"))
    assert "Check them before you rely on them" in err


def test_json_is_the_report(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "cdk.tf.json"
    path.write_text(json.dumps(stack.document))
    code, out, _ = invoke("--usage", "idle", "--stack", str(path), "--json")
    assert code == 0
    assert json.loads(out)["total"] == report(stack).total


@pytest.mark.parametrize("text", [None, "no JSON", "{}", "[]"])
def test_a_file_that_is_no_stack_is_refused_with_the_command_that_makes_one(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "cdk.tf.json"
    if text is not None:
        path.write_text(text)
    code, out, err = invoke("--usage", "idle", "--stack", str(path))
    assert (code, out) == (2, "")
    assert "make synth" in err


def test_wrong_settings_are_refused(stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, settings = tmp_path / "cdk.tf.json", tmp_path / "my.toml"
    path.write_text(json.dumps(stack.document))
    settings.write_text('name = "chatbot"\n[usage]\nquestions = -1\n')
    monkeypatch.setenv("STANDBY_SETTINGS", str(settings))
    code, _, err = invoke("--stack", str(path))
    assert code == 2
    assert "usage.questions" in err
