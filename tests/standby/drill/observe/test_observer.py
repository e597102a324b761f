"""The drill's own eyes see what is there, and what was."""

from unittest.mock import create_autospec

from standby.deployment.routing_config import render_config
from standby.drill.load.users import Asks
from standby.drill.observe.observer import Observer
from tests.standby.helpers import World, clients, config


def test_a_config_json_that_was_overwritten_at_once_is_among_those_that_were_written(world: World) -> None:
    observer = Observer(
        deployment=world.manifest, clients=clients(world.endpoint), client=create_autospec(Asks, instance=True)
    )
    before = observer.configs()
    for moment in ("first", "second"):
        world.put("failover", render_config(config("failover", 4, manifest=world.manifest, moment=moment)))
    assert len(observer.configs() - before) == 2
