"""The result of `standby rehearse up`: the checks, the endpoints and the resources."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field, computed_field

from standby.deployment.manifest import Role
from standby.json_model import JsonModel
from standby.rehearsal.network.network import LocalUrls


class Result(StrEnum):
    """The result of a check."""

    PASSED = "ok"
    FAILED = "failed"
    NOT_SIMULATED = "not simulated"


class Check(JsonModel):
    """One check."""

    name: str = Field(description="the name of the check")
    role: Role | None = Field(description="the role of the region; null for a check of the edge")
    region: str = Field(description="the region; `edge` for a check of the edge")
    result: Result = Field(description="`ok`, `failed` or `not simulated`")
    detail: str = Field(description="the observation of the check, or the error")
    seconds: float = Field(description="the duration of the check")


class Changes(JsonModel):
    """The changes that Terraform applied."""

    added: int = Field(default=0, description="the number of resources that Terraform created")
    changed: int = Field(default=0, description="the number of resources that it changed")
    removed: int = Field(default=0, description="the number of resources that it destroyed")


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
