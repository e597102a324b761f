"""The rules of a web ACL as data: AWS's managed rule groups, the limit for each address, and the allowed addresses."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

Rule = dict[str, Any]

RATE_SECONDS: Final = 300
READINESS_HEADER: Final = "x-readiness-check"
MAX_CAPACITY: Final = 1_500
"""The WCU (web ACL capacity units) that the price of a web ACL includes.
Source: docs.aws.amazon.com, AWS WAF, "Web ACL capacity units (WCUs) in AWS WAF"."""


@dataclass(frozen=True, kw_only=True)
class RuleGroup:
    """A managed rule group of AWS: its name, its capacity in WCU, and its rules that only count."""

    name: str
    capacity: int
    counted: tuple[str, ...] = ()


# Questions are prose: they may be longer than 8 KB with their history, and may be about HTML tags, paths and addresses.
# They reach a model and a search, never a shell, a path, a browser or a database. The API's models limit their size.
# After a sign-in, the page's address has a code of the identity provider, and S3 reads no query.
COUNTED: Final = (
    *("SizeRestrictions_BODY", "SizeRestrictions_QUERYSTRING", "CrossSiteScripting_BODY", "GenericLFI_BODY"),
    *("GenericRFI_BODY", "EC2MetaDataSSRF_BODY"),
)
RULE_GROUPS: Final = (
    RuleGroup(name="AWSManagedRulesAmazonIpReputationList", capacity=25),
    RuleGroup(name="AWSManagedRulesCommonRuleSet", capacity=700, counted=COUNTED),
    RuleGroup(name="AWSManagedRulesKnownBadInputsRuleSet", capacity=200),
)
"""Sources: docs.aws.amazon.com, AWS WAF, "Baseline rule groups" and "IP reputation rule groups"."""


def rules(
    prefix: str, *, rate_limit: int, ip_set_arns: Sequence[str] = (), readiness_pass: str | None = None
) -> list[Rule]:
    """Return the rules in their order. The first one that blocks a request decides.

    `ip_set_arns` are the sets of the allowed addresses; without any, all are allowed. A request with `readiness_pass`
    in its header is let through that rule, because the addresses of Lambda are AWS's.
    """
    own = [_rate_rule(prefix, rate_limit)]
    if ip_set_arns:
        own.insert(0, _address_rule(prefix, ip_set_arns, readiness_pass))
    found = [*own, *(_group_rule(prefix, group) for group in RULE_GROUPS)]
    return [{**rule, "priority": priority} for priority, rule in enumerate(found)]


def visibility(name: str) -> dict[str, Any]:
    """Return the block that counts requests. AWS keeps no samples of them: a sample has the headers, so the token.

    Source: docs.aws.amazon.com, AWS WAF, "Viewing a sample of web requests".
    """
    return {"cloudwatch_metrics_enabled": True, "sampled_requests_enabled": False, "metric_name": name}


def _rate_rule(prefix: str, limit: int) -> Rule:
    statement = {"limit": limit, "aggregate_key_type": "IP", "evaluation_window_sec": RATE_SECONDS}
    return {
        "name": "rate-limit",
        "action": {"block": {}},
        "statement": {"rate_based_statement": statement},
        "visibility_config": visibility(f"{prefix}-rate-limit"),
    }


def _address_rule(prefix: str, ip_set_arns: Sequence[str], readiness_pass: str | None) -> Rule:
    allowed: list[object] = [{"ip_set_reference_statement": {"arn": arn}} for arn in ip_set_arns]
    if readiness_pass:
        allowed.append({"byte_match_statement": _header_match(readiness_pass)})
    one_of = allowed[0] if len(allowed) == 1 else {"or_statement": {"statement": allowed}}
    return {
        "name": "allowed-addresses",
        "action": {"block": {}},
        "statement": {"not_statement": {"statement": one_of}},
        "visibility_config": visibility(f"{prefix}-allowed-addresses"),
    }


def _header_match(value: str) -> dict[str, object]:
    return {
        "search_string": value,
        "positional_constraint": "EXACTLY",
        "field_to_match": {"single_header": {"name": READINESS_HEADER}},
        "text_transformation": [{"priority": 0, "type": "NONE"}],
    }


def _group_rule(prefix: str, group: RuleGroup) -> Rule:
    statement: dict[str, object] = {"vendor_name": "AWS", "name": group.name}
    if group.counted:
        statement["rule_action_override"] = [{"name": name, "action_to_use": {"count": {}}} for name in group.counted]
    return {
        "name": group.name,
        "override_action": {"none": {}},
        "statement": {"managed_rule_group_statement": statement},
        "visibility_config": visibility(f"{prefix}-{group.name}"),
    }
