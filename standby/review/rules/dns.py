"""Rules about the API's name in DNS: the health checks that move it, and its failover records."""

from typing import Final

from standby.review.rules.rule import Guard, Rule, guarded, is_higher, is_lower
from standby.review.values import ABSENT

CHECK: Final = "aws_route53_health_check"
RECORD: Final = "aws_route53_record"
_TAKE_BACK: Final = "Take the change back."
_MOVES: Final = "DNS no longer leaves a region that is down, or that config.json does not name."


def _differs(before: object, after: object) -> bool:
    return before not in (ABSENT, None, "") and after != before


def _becomes_true(before: object, after: object) -> bool:
    return bool(after is True) and before is not True


DNS_RULES: Final = (
    Rule(
        name="dns-check-loosened",
        severity="blocked",
        objective="API RTO",
        title="A health check of the API's name asks another address, searches another text, or needs fewer children.",
        find=guarded(
            *(
                Guard(types=(CHECK,), path=(argument,), is_worse=_differs, effect=_MOVES, remedy=_TAKE_BACK)
                for argument in ("type", "fqdn", "port", "resource_path", "search_string", "enable_sni")
            ),
            Guard(
                types=(CHECK,), path=("child_health_threshold",), is_worse=is_lower, effect=_MOVES, remedy=_TAKE_BACK
            ),
            *(
                Guard(types=(CHECK,), path=(argument,), is_worse=_becomes_true, effect=_MOVES, remedy=_TAKE_BACK)
                for argument in ("invert_healthcheck", "disabled")
            ),
        ),
    ),
    Rule(
        name="dns-check-slower",
        severity="warned",
        objective="API RTO",
        title="A health check of the API's name needs longer to notice a lost region.",
        find=guarded(
            *(
                Guard(
                    types=(CHECK,),
                    path=(argument,),
                    is_worse=is_higher,
                    effect="Clients of the API's name wait longer for the other region: interval x threshold + TTL.",
                    remedy="Keep the bound of docs/dns.md, or write the new one down.",
                )
                for argument in ("failure_threshold", "request_interval")
            ),
        ),
    ),
    Rule(
        name="dns-failover-changed",
        severity="blocked",
        objective="API RTO",
        title="A failover record of the API's name has another check, role or target.",
        find=guarded(
            *(
                Guard(types=(RECORD,), path=path, is_worse=_differs, effect=_MOVES, remedy=_TAKE_BACK)
                for path in (
                    ("health_check_id",),
                    ("set_identifier",),
                    ("failover_routing_policy", "type"),
                    ("alias", "name"),
                )
            ),
            Guard(
                types=(RECORD,),
                path=("alias", "evaluate_target_health"),
                is_worse=_becomes_true,
                effect="Route 53 may then take the failover region's record out, which must always answer.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
)
