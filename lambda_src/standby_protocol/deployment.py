"""The parts of a deployment that a plan needs. The tool's manifest has them, and so does the controller's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, Protocol, get_args

Role = Literal["primary", "failover"]
"""A region's role in the deployment. A failover changes the serving region, never the roles."""
ROLES: Final[tuple[Role, ...]] = get_args(Role)


@dataclass(frozen=True)
class Unavailable:
    """A fact that could not be read, and the reason.

    `unreachable`: no answer, as from a region that is down. `is_running`: it is still being read. `no_credentials`: the
    credentials failed, which says nothing about the region.
    """

    why: str
    unreachable: bool = False
    is_running: bool = False
    no_credentials: bool = False

    def __str__(self) -> str:
        return self.why


class DeployedRegion(Protocol):
    """One region: its role, its name in AWS, and its API."""

    @property
    def role(self) -> Role:
        """The role."""

    @property
    def region(self) -> str:
        """The AWS region."""

    @property
    def api_url(self) -> str:
        """The API, with its stage."""


class DeployedSite(Protocol):
    """The site."""

    @property
    def api_fallback(self) -> bool:
        """Whether pages may use the other region's API by themselves."""


class Deployment(Protocol):
    """Both regions, and the site."""

    @property
    def regions(self) -> Mapping[Role, DeployedRegion]:
        """The regions by role."""

    @property
    def site(self) -> DeployedSite:
        """The site."""

    def role_of(self, api_url: str) -> Role | None:
        """Return the role whose API this is; None if it is the API of neither region."""


def other_role(role: Role) -> Role:
    """Return the other role."""
    return "failover" if role == "primary" else "primary"
