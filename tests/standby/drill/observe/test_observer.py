"""The observer reads the current and the earlier objects of the regions."""

from unittest.mock import create_autospec

from standby.deployment.routing_config import render_config
from standby.drill.load.users import SiteClient
from standby.drill.observe.observer import Observer
from tests.standby.helpers import World, clients, config


def test_a_config_json_that_was_overwritten_immediately_is_among_the_versions(world: World) -> None:
    client = create_autospec(SiteClient, instance=True)
    observer = Observer(deployment=world.manifest, clients=clients(world.endpoint), client=client)
    before = observer.config_etags()
    for moment in ("first", "second"):
        world.put("failover", render_config(config("failover", 4, manifest=world.manifest, moment=moment)))
    assert len(observer.config_etags() - before) == 2
