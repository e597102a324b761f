"""Why a caller is not let in."""


class RefusedError(Exception):
    """A token that is missing, broken, expired or not for this API (401). The message is a code for the log."""


class KeysUnavailableError(Exception):
    """The issuer's keys could not be fetched. The message is a code for the log."""
