"""How much a deployment is used in a month."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from standby.errors import BadUsageError
from warm_standby.settings import DEFAULT_FILE, FILE_VARIABLE, Settings, SettingsError, Usage

FROM_SETTINGS: Final = "settings"
PROFILES: Final[Mapping[str, Usage]] = {
    "idle": Usage(questions=0, page_views=0, uploads=0, stored_gb=0.0),
    "small": Usage(),
    "large": Usage(questions=100_000, page_views=200_000, uploads=10_000, stored_gb=100.0),
}
"""The profiles by name. `idle` has no documents, so the readiness check asks no model. `small` is the default of the
settings."""


def read_usage(name: str) -> Usage:
    """Return a profile, or `[usage]` of the settings. Raises `BadUsageError` if the settings are wrong."""
    if name != FROM_SETTINGS:
        return PROFILES[name]
    path = Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)
    try:
        return Settings.load(path).usage
    except SettingsError as error:
        raise BadUsageError(str(error)) from error
