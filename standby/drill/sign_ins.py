"""The identity provider of a rehearsal, as the drill uses it: new sign-ins, and the lifetime of tokens."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from standby.rehearsal.checks.sign_in import SignInError
from standby.rehearsal.identity.provider import change_provider
from standby.rehearsal.rehearsal import Rehearsal


@dataclass(frozen=True)
class SignIns:
    """The sign-ins of a rehearsal."""

    rehearsal: Rehearsal

    def attempt(self) -> str:
        """Let a new user sign in. Return the message that the page shows to that user, "" if it succeeds."""
        try:
            self.rehearsal.sign_in().token()
        except SignInError as error:
            return error.message
        return ""

    def issued(self) -> int:
        """Return how many access tokens the provider has issued."""
        return change_provider(self.rehearsal.provider_port).issued

    def set_lifetime(self, seconds: int) -> int:
        """Change the lifetime of new access tokens. Returns the earlier one."""
        port = self.rehearsal.provider_port
        before = change_provider(port).access_token_seconds
        change_provider(port, accessTokenSeconds=seconds)
        return before


@contextmanager
def tokens_live(sign_ins: SignIns | None, seconds: int | None) -> Iterator[None]:
    """Let access tokens that are issued in this block live for `seconds`; None changes nothing."""
    if sign_ins is None or seconds is None:
        yield
        return
    before = sign_ins.set_lifetime(seconds)
    try:
        yield
    finally:
        sign_ins.set_lifetime(before)
