"""The operator's tool and the construct library know the same settings, and have the same defaults."""

from standby.settings_file import DEFAULT_REGIONS, KEYS
from warm_standby.settings import Settings


def test_the_names_of_the_settings_are_the_same() -> None:
    assert set(KEYS) == set(Settings.model_fields)


def test_the_default_regions_are_the_same() -> None:
    assert Settings(name="chatbot").regions.model_dump() == DEFAULT_REGIONS
