"""A comparison waits for the listing of each region whose bucket answers."""

from standby.deployment.concurrency import Unavailable
from standby.operations.facts.collect import _roles_that_answer
from tests.standby.helpers import DOWN, config, copy_of


def test_a_listing_is_awaited_where_a_policy_refuses_config_json_and_not_where_no_bucket_answers() -> None:
    copy, refused = copy_of("primary", config("primary", 3)), Unavailable("answers AccessDenied")
    assert _roles_that_answer({("copy", "primary"): copy, ("copy", "failover"): refused}) == ["primary", "failover"]
    assert _roles_that_answer({("copy", "primary"): DOWN, ("copy", "failover"): refused}) == ["failover"]
