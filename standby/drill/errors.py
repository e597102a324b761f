"""What may go wrong in a drill without the drill being to blame, and how it is told."""

from typing import Final

import urllib3
from botocore.exceptions import BotoCoreError, ClientError

from standby.errors import StandbyError

WENT_WRONG: Final = (StandbyError, BotoCoreError, ClientError, urllib3.exceptions.HTTPError)
"""What a scenario may meet: it is reported, and the next scenario played."""


class NotPutBackError(StandbyError):
    """Something is not as it was before the drill."""


def words(error: Exception) -> str:
    """Return what went wrong, in one line."""
    return error.message if isinstance(error, StandbyError) else f"{type(error).__name__}: {error}"
