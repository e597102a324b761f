"""A preflight of the stack with everything that needs no operator: a name in DNS, the controller, notifications."""

from collections.abc import Callable

import pytest

from standby.preflight.collect import Preflight, run_preflight
from standby.preflight.facts.state import OwnResources
from standby.stack.configuration import Stack, read_stack
from tests.constructs.plan import Plan
from tests.constructs.variants import AUTOMATIC, NAMED, NOTIFIED
from tests.standby.preflight.accounts import Account, Answer, constant, error, refuse
from warm_standby.settings import Settings

WEST, EAST = "us-west-2", "us-east-1"
UNATTENDED = NAMED.model_copy(update={"automatic": AUTOMATIC.automatic, "notifications": NOTIFIED.notifications})
ZONE, RECORDS = ("route53", "get_hosted_zone"), ("route53", "list_resource_record_sets")


@pytest.fixture(scope="module")
def unattended(synthesize: Callable[[Settings], Plan]) -> Stack:
    return read_stack(synthesize(UNATTENDED).document)


def run(stack: Stack, changed: dict[tuple[str, str], Answer] | None = None, **counts: int) -> Preflight:
    own = OwnResources(counts=counts) if counts else OwnResources()
    return run_preflight(Account(changed or {}).clients(), stack, local_state=lambda: own)


def labels(preflight: Preflight, status: str) -> dict[str, str]:
    return {one.label: one.detail for one in preflight.findings if one.status == status}


def zone(name: str = "example.com.", *, private: bool = False) -> Answer:
    return constant(HostedZone={"Name": name, "Config": {"PrivateZone": private}})


def records(*found: tuple[str, str]) -> Answer:
    return constant(ResourceRecordSets=[{"Name": name, "Type": type_} for name, type_ in found])


def test_an_account_where_all_is_fine_is_ready(unattended: Stack) -> None:
    preflight = run(unattended)
    assert labels(preflight, "fails") == labels(preflight, "unknown") == {}
    assert labels(preflight, "ok")["hosted zone"] == "example.com is public, and api.example.com is in it"
    assert labels(preflight, "ok")["DNS records"] == "api.example.com is free"


@pytest.mark.parametrize(
    "answer, detail",
    [
        (refuse("NoSuchHostedZone"), "this account has no hosted zone Z0123456789ABCDEFGHIJ"),
        (zone(private=True), "is private"),
        (zone("example.org."), "api.example.com is not in Z0123456789ABCDEFGHIJ (example.org)"),
        (zone("i.example.com."), "is not in"),
        (zone("ample.com."), "is not in"),
    ],
)
def test_a_zone_in_which_the_name_cannot_be_fails(unattended: Stack, answer: Answer, detail: str) -> None:
    failed = labels(run(unattended, {ZONE: answer}), "fails")
    assert list(failed) == ["hosted zone"]
    assert detail in failed["hosted zone"]


@pytest.mark.parametrize("name", ["example.com.", "api.example.com."])
def test_the_name_may_be_the_zone_s_own(unattended: Stack, name: str) -> None:
    assert labels(run(unattended, {ZONE: zone(name)}), "fails") == {}


@pytest.mark.parametrize("answer", [refuse("AccessDenied"), constant(Strange=7), constant(HostedZone={"Name": "x."})])
def test_a_zone_that_cannot_be_read_is_unknown(unattended: Stack, answer: Answer) -> None:
    assert list(labels(run(unattended, {ZONE: answer}), "unknown")) == ["hosted zone"]


@pytest.mark.parametrize("type_", ["A", "AAAA", "CNAME"])
def test_a_name_that_has_another_owner_s_address_fails_and_one_s_own_does_not(unattended: Stack, type_: str) -> None:
    taken = {RECORDS: records(("api.example.com.", type_), ("b.example.com.", "A"))}
    assert labels(run(unattended, taken), "fails") == {
        "DNS records": f"api.example.com has records of type {type_}, which are not of this deployment"
    }
    assert labels(run(unattended, taken, aws_route53_record=3), "fails") == {}


def test_without_the_state_the_owner_of_a_record_is_unknown(unattended: Stack) -> None:
    taken = Account({RECORDS: records(("api.example.com.", "A"))})
    preflight = run_preflight(taken.clients(), unattended, local_state=unreadable)
    assert "DNS records" in labels(preflight, "unknown")
    assert "DNS records" not in labels(preflight, "fails")


def unreadable() -> OwnResources:
    raise error("AccessDenied")


def test_other_records_do_not_matter(unattended: Stack) -> None:
    others = records(("api.example.com.", "TXT"), ("b.example.com.", "A"))
    assert labels(run(unattended, {RECORDS: others}), "fails") == {}


@pytest.mark.parametrize("function, regions", [("controller", {EAST}), ("notifications", {WEST, EAST})])
def test_a_taken_name_of_a_function_is_found(unattended: Stack, function: str, regions: set[str]) -> None:
    def answer(_: str, asked: object) -> dict[str, object]:
        if isinstance(asked, dict) and asked["FunctionName"] == f"chatbot-{function}":
            return {}
        raise error("ResourceNotFoundException")

    failed = labels(run(unattended, {("lambda", "get_function_configuration"): answer}), "fails")
    assert set(failed) == {f"names {region}" for region in regions}
