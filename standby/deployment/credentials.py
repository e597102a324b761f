"""The credentials of an AWS account: how a failure to get them, or AWS's refusal of them, is recognized.

Such a failure says nothing about a region. Source: botocore's documentation, "Credentials"; docs.aws.amazon.com, IAM,
"Common Errors".
"""

from typing import Any, Final

from botocore import exceptions as errors
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError
from botocore.session import Session

from standby.text import one_line

NONE_FOUND: Final = "no credentials were found"
_FAILURES: Final = (
    errors.NoCredentialsError,
    errors.PartialCredentialsError,
    errors.CredentialRetrievalError,
    errors.UnknownCredentialError,
    errors.InfiniteLoopConfigError,
    errors.InvalidConfigError,
    errors.RefreshWithMFAUnsupportedError,
    errors.NoAuthTokenError,
    errors.TokenRetrievalError,
    errors.SSOError,
    errors.LoginError,
)
_REFUSED: Final = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidToken",
        "MissingAuthenticationToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
"""The codes with which AWS refuses credentials, whatever they would be allowed to do."""


_GIVES_CREDENTIALS: Final = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"})
"""The operations that botocore calls to get credentials."""


class UnreadableCredentialsError(CredentialRetrievalError):
    """A provider of credentials failed with an error that is none of botocore's."""

    fmt = "{error_msg}"


def describe_credentials_failure(error: Exception) -> str | None:
    """Return in a few words why there are no usable credentials, None if the error is about something else."""
    if isinstance(error, errors.NoCredentialsError):
        return NONE_FOUND
    if isinstance(error, _FAILURES):
        why = str(error).removeprefix("Error when retrieving credentials from ").strip()
        return one_line(f"no credentials: {why} no output" if why.endswith(":") else f"no credentials: {why}")
    if not isinstance(error, ClientError):
        return None
    code = error.response.get("Error", {}).get("Code", "")
    if error.operation_name in _GIVES_CREDENTIALS:
        return f"no credentials: {error.operation_name} answers {code}"
    return f"does not accept the credentials ({code})" if code in _REFUSED else None


def name_failures(session: Session) -> None:
    """Let every failure to load credentials be one of botocore's errors.

    A `credential_process` that does not start, or prints anything but JSON, otherwise raises Python's own errors.
    """
    chain = session.get_component("credential_provider")
    session.register_component("credential_provider", _NamedFailures(chain))


class _NamedFailures:
    """botocore's chain of providers, whose failures are botocore's errors."""

    def __init__(self, chain: Any) -> None:  # noqa: ANN401 - botocore has no type for its components
        self._chain = chain

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the chain has
        return getattr(self._chain, name)

    def load_credentials(self) -> object:
        """Return the first credentials that a provider has, None if none has any."""
        try:
            return self._chain.load_credentials()
        except (BotoCoreError, ClientError):
            raise
        except OSError as error:
            why = f"{error.filename}: {error.strerror}" if error.filename else str(error)
            raise UnreadableCredentialsError(provider="", error_msg=why) from error
        except Exception as error:
            why = "the profile's credential_process or token file has no readable credentials"
            raise UnreadableCredentialsError(provider="", error_msg=why) from error
