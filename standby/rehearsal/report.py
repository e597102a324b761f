"""The results of `standby rehearse up` (the checks, the endpoints and the resources) and of `status`."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, computed_field

from standby.deployment.manifest import Role
from standby.json_model import JsonModel, Key
from standby.rehearsal.checks.verification import Check, Result
from standby.rehearsal.deploy.terraform import Changes
from standby.rehearsal.faults.faults import Fault
from standby.rehearsal.identity.provider import User
from standby.rehearsal.network.network import LocalUrls


class Report(JsonModel):
    """The result of `standby rehearse up`."""

    schema_version: Literal[2] = Field(default=2, description="2")
    checks: tuple[Check, ...] = Field(description="the checks, in the order in which they ran")
    endpoint: str = Field(description="the URL of the emulator")
    urls: LocalUrls = Field(description="the URLs on this machine")
    resources: int = Field(description="the number of resources in Terraform's state")
    changes: Changes = Field(description="the changes that Terraform applied")
    seconds: Mapping[str, float] = Field(
        description="the duration of each phase: `synth`, `start`, `apply`, `network`, `checks`"
    )

    @computed_field(description="whether no check failed; if one failed, the exit code is 1")  # type: ignore[prop-decorator]  # pydantic documents it so
    @property
    def passed(self) -> bool:
        """Whether no check failed."""
        return all(check.result is not Result.FAILED for check in self.checks)


class Status(JsonModel):
    """The state of a rehearsal."""

    schema_version: Literal[2] = Field(default=2, description="2")
    directory: str = Field(description="the directory of the rehearsal")
    name: str | None = Field(default=None, description="the deployment's name; null when the stack is not applied")
    endpoint: str | None = Field(description="the URL of the emulator; null when it is not up")
    resources: int = Field(default=0, description="the number of resources in Terraform's state")
    documents: Mapping[Role, int] = Field(
        default_factory=dict, description="for each role, the number of objects in its documents bucket"
    )
    urls: LocalUrls | None = Field(
        default=None, description="the URLs on this machine; null when the region proxies and the edge are not up"
    )
    faults: tuple[Fault, ...] = Field(default=(), description="the faults that are set")
    users: Mapping[Annotated[str, Key("USER")], User] = Field(
        default_factory=dict, description="the users of the identity provider, by name; none if the rehearsal is open"
    )

    @computed_field(description="whether the emulator is up")  # type: ignore[prop-decorator]  # pydantic documents it so
    @property
    def up(self) -> bool:
        """Whether the emulator is up."""
        return self.endpoint is not None

    @computed_field(description="whether the stack is applied; if it is not, the exit code is 3")  # type: ignore[prop-decorator]  # pydantic documents it so
    @property
    def applied(self) -> bool:
        """Whether the stack is applied to the running emulator."""
        return bool(self.documents)
