"""A preflight of the stack with AWS WAF, access logs and reserved executions."""

import json
from collections.abc import Callable

import pytest

from standby.preflight.checks.quotas import check_reserved, reserved_concurrency
from standby.preflight.collect import Preflight, run_preflight
from standby.preflight.facts.quotas import Quota
from standby.preflight.facts.state import OwnResources, parse_state
from standby.stack.configuration import Stack, read_stack
from tests.constructs.plan import Plan
from tests.constructs.variants import SHIELDED
from tests.standby.preflight.accounts import Account, Answer, constant, refuse
from warm_standby.settings import Settings

WEST, EAST = "us-west-2", "us-east-1"


@pytest.fixture(scope="module")
def shielded(synthesize: Callable[[Settings], Plan]) -> Stack:
    return read_stack(synthesize(SHIELDED).document)


def run(stack: Stack, changed: dict[tuple[str, str], Answer] | None = None) -> Preflight:
    return run_preflight(Account(changed or {}).clients(), stack, local_state=OwnResources)


def labels(preflight: Preflight, status: str) -> set[str]:
    return {one.label for one in preflight.findings if one.status == status}


def test_the_stack_reserves_what_the_settings_say(shielded: Stack) -> None:
    wanted = {"chatbot-health": 5, "chatbot-ingest": 4}
    assert reserved_concurrency(shielded, WEST) == reserved_concurrency(shielded, EAST) == wanted


def test_an_account_where_all_is_fine_may_reserve(shielded: Stack) -> None:
    preflight = run(shielded)
    assert labels(preflight, "fails") == labels(preflight, "unknown") == set()
    assert {f"reserved concurrency {WEST}", f"reserved concurrency {EAST}"} <= labels(preflight, "ok")


def test_a_young_account_may_reserve_nothing(shielded: Stack) -> None:
    limit = constant(AccountLimit={"ConcurrentExecutions": 10, "UnreservedConcurrentExecutions": 10})
    failed = labels(run(shielded, {("lambda", "get_account_settings"): limit}), "fails")
    assert {f"reserved concurrency {WEST}", f"reserved concurrency {EAST}"} <= failed


def test_what_this_deployment_has_reserved_already_is_not_in_its_way(shielded: Stack) -> None:
    """The account has 320, of which 9 are this deployment's own, and 210 are needed unreserved."""
    limit = constant(AccountLimit={"ConcurrentExecutions": 214, "UnreservedConcurrentExecutions": 205})
    own = constant(Configuration={}, Concurrency={"ReservedConcurrentExecutions": 5})
    changed = {("lambda", "get_account_settings"): limit, ("lambda", "get_function"): own}
    assert labels(run(shielded, changed), "fails") == set()


@pytest.mark.parametrize(
    "limit,used,own,status", [(109, 0, 0, "ok"), (108, 0, 0, "fails"), (109, 9, 9, "ok"), (109, 9, 0, "fails")]
)
def test_aws_keeps_a_hundred_executions_unreserved(limit: int, used: int, own: int, status: str) -> None:
    finding = check_reserved(WEST, Quota(limit, used), own, 9)
    assert finding.status == status
    assert "AWS keeps 100" in finding.detail


@pytest.mark.parametrize(
    "call,answer",
    [
        (("lambda", "get_function"), refuse("AccessDeniedException")),
        (("lambda", "get_function"), constant(Strange=7)),
        (("lambda", "get_function"), constant(Configuration={}, Concurrency={"ReservedConcurrentExecutions": "x"})),
    ],
)
def test_a_reservation_that_cannot_be_read_is_unknown(shielded: Stack, call: tuple[str, str], answer: Answer) -> None:
    unknown = labels(run(shielded, {call: answer}), "unknown")
    assert unknown == {f"reserved concurrency {WEST}", f"reserved concurrency {EAST}"}


def test_the_names_of_the_site_s_own_provider_are_this_deployment_s_in_us_east_1(shielded: Stack) -> None:
    state = {
        "resources": [
            {
                "mode": "managed",
                "type": "aws_wafv2_web_acl",
                "provider": 'provider["registry.terraform.io/hashicorp/aws"].global',
                "instances": [{"attributes": {"name": "chatbot-site"}}],
            }
        ]
    }
    own = parse_state(json.dumps(state).encode(), {"primary": WEST, "failover": EAST})
    taken = Account({("wafv2", "list_web_acls"): constant(WebACLs=[{"Name": "chatbot-site"}])})
    preflight = run_preflight(taken.clients(), shielded, local_state=lambda: own)
    assert f"names {EAST}" in labels(preflight, "ok")


@pytest.mark.parametrize(
    "call,answer,regions",
    [
        (("wafv2", "list_web_acls"), constant(WebACLs=[{"Name": "chatbot-api"}]), {WEST, EAST}),
        (("wafv2", "list_web_acls"), constant(WebACLs=[{"Name": "chatbot-site"}]), {EAST}),
        (("wafv2", "list_ip_sets"), constant(IPSets=[{"Name": "chatbot-api-ipv6"}]), {WEST, EAST}),
        (("logs", "get_delivery_source"), constant(deliverySource={}), {EAST}),
    ],
)
def test_a_taken_name_of_the_shield_is_found(
    shielded: Stack, call: tuple[str, str], answer: Answer, regions: set[str]
) -> None:
    assert labels(run(shielded, {call: answer}), "fails") == {f"names {region}" for region in regions}
