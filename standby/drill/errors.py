"""The errors that a drill expects, and how it reports them."""

from typing import Final

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from standby.errors import StandbyError

EXPECTED_ERRORS: Final = (StandbyError, BotoCoreError, ClientError, urllib3.exceptions.HTTPError)
"""Errors that may end a scenario. The report names the error, and the next scenario runs."""


class NotRestoredError(StandbyError):
    """The deployment is not as it was before the scenario."""


def describe_error(error: Exception) -> str:
    """Return the error in one line."""
    return error.message if isinstance(error, StandbyError) else f"{type(error).__name__}: {error}"
