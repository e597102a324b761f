"""A real deployment's pages are denied only if CloudFront then asks the other bucket."""

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from standby.cli.main import cli
from standby.deployment.clients import Clients
from standby.deployment.manifest import Manifest
from standby.deployment.sessions import EmulatorSession
from standby.drill.live_faults import require_origin_failover, visible_denial
from standby.errors import RefusedError
from standby.rehearsal.emulator.emulator import Emulator
from tests.standby.helpers import MANIFEST
from tests.standby.helpers import changed as changed_model
from tests.standby.rehearsal.network.helpers import changed_config, distribution_config


def group(id_: str, *codes: int) -> dict[str, object]:
    return {"Id": id_, "FailoverCriteria": {"StatusCodes": {"Quantity": len(codes), "Items": list(codes)}}}


def config(*groups: dict[str, object], target: str = "pages") -> dict[str, object]:
    return {"DefaultCacheBehavior": {"TargetOriginId": target}, "OriginGroups": {"Items": list(groups)}}


@pytest.mark.parametrize(
    "found,reason",
    [
        (config(group("pages", 403, 404, 500)), ""),
        (config(group("pages", 500, 504), group("config", 403)), "the site fails over on 500, 504, not on 403"),
        (config(group("config", 403)), "the site's pages come from one bucket only"),
        ({"DefaultCacheBehavior": {"TargetOriginId": "primary"}}, "the site's pages come from one bucket only"),
    ],
)
def test_visitors_see_a_denial_unless_the_origin_group_of_the_pages_fails_over_on_403(
    found: dict[str, Any], reason: str
) -> None:
    assert visible_denial(found) == reason  # type: ignore[arg-type]  # the parts that are read


@pytest.fixture(scope="module")
def clients(emulator: Emulator) -> Clients:
    return Clients(
        lambda region: EmulatorSession(region=region, endpoint=emulator.endpoint),
        endpoints={},
        elsewhere=emulator.endpoint,
    )


Deploy = Callable[..., Manifest]


@pytest.fixture(scope="module")
def deploy(clients: Clients) -> Deploy:
    """Make a distribution like the stack's, with these failover codes if they are given."""
    client = clients.cloudfront()
    buckets = {role: region.frontend_bucket for role, region in MANIFEST.regions.items()}
    whole = distribution_config(client, buckets)

    def made(*codes: int) -> Manifest:
        reference = {"CallerReference": f"{codes}"}
        wanted = changed_config(whole, codes=codes or None, attempts=None, more=reference)
        id_ = client.create_distribution(DistributionConfig=wanted)["Distribution"]["Id"]
        return changed_model(MANIFEST, site=changed_model(MANIFEST.site, distribution_id=id_))

    return made


def test_a_distribution_that_shows_the_denial_to_visitors_is_refused(clients: Clients, deploy: Deploy) -> None:
    require_origin_failover(clients, deploy())
    without = deploy(500, 502, 503, 504)
    with pytest.raises(RefusedError, match="not on 403") as refused:
        require_origin_failover(clients, without)
    assert "site.origin_failover_status_codes" in refused.value.hint


def test_a_distribution_that_cannot_be_read_is_refused(clients: Clients) -> None:
    with pytest.raises(RefusedError, match="answers NoSuchDistribution"):
        require_origin_failover(
            clients, changed_model(MANIFEST, site=changed_model(MANIFEST.site, distribution_id="E0"))
        )


def test_live_pages_is_refused_before_the_owner_is_asked(
    clients: Clients, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = deploy(500)
    connection = type("Connection", (), {"clients": clients, "where": "TEST", "rehearsed": False})()
    monkeypatch.setattr("standby.drill.live.read_manifest", lambda _: deployment)
    result = CliRunner().invoke(cli, ["drill", "--live", "--all"], input="yes\n", obj=lambda _: connection)
    assert result.exit_code == 3
    assert "Visitors would see the error" in result.stderr
    assert "To continue, type" not in result.stderr
