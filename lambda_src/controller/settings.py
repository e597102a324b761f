"""The controller's settings, which the stack puts into its environment."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from shared.environment import EnvironmentSettings
from standby_protocol.api_url import normalize_api_url
from standby_protocol.automatic import Rules, SecondVantagePoint
from standby_protocol.deployment import ROLES, Role


@dataclass(frozen=True, kw_only=True)
class ControlledRegion:
    """One region, as the stack describes it."""

    role: Role
    region: str
    api_url: str
    frontend_bucket: str


@dataclass(frozen=True, kw_only=True)
class ControlledSite:
    """The site."""

    url: str
    api_fallback: bool


@dataclass(frozen=True, kw_only=True)
class ControlledDeployment:
    """Both regions and the site: the part of the manifest that the controller needs."""

    regions: Mapping[Role, ControlledRegion]
    site: ControlledSite

    def role_of(self, api_url: str) -> Role | None:
        """Return the role whose API this is; None if it is the API of neither region."""
        wanted = normalize_api_url(api_url)
        return next((role for role in ROLES if normalize_api_url(self.regions[role].api_url) == wanted), None)


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The controller's environment. `deployment` and `rules` are JSON. `health_function` is set where users sign in.

    `health_check_id` is Route 53's check of the primary region's `/health`. With it, Route 53's checkers are the second
    vantage point, and without it the edge. `rehearsal_minute_seconds` is the length of a minute in a rehearsal, and AWS
    never sets it.
    """

    deployment: str
    rules: str
    state_parameter: str
    documents_bucket: str
    knowledge_base_id: str
    data_source_id: str
    health_function: str | None = None
    health_check_id: str | None = None
    rehearsal_minute_seconds: str | None = None

    def read_deployment(self) -> ControlledDeployment:
        """Return the deployment. Raises `KeyError` for JSON that the stack did not write."""
        document = json.loads(self.deployment)
        regions = {
            role: ControlledRegion(
                role=role, **{name: document[role][name] for name in ("region", "api_url", "frontend_bucket")}
            )
            for role in ROLES
        }
        return ControlledDeployment(regions=regions, site=ControlledSite(**document["site"]))

    def read_rules(self) -> Rules:
        """Return the rules of the decision."""
        document = cast("Mapping[str, Any]", json.loads(self.rules))
        minute = timedelta(seconds=float(self.rehearsal_minute_seconds or 60))
        return Rules(
            failed_looks=document["failed_looks"],
            of_looks=document["of_looks"],
            dwell=document["dwell_minutes"] * minute,
            when_behind=document["when_behind"],
            minute=minute,
        )

    @property
    def second(self) -> SecondVantagePoint:
        """Which vantage point is the second one."""
        return "checkers" if self.health_check_id else "edge"

    @property
    def max_lag(self) -> timedelta:
        """How far the Knowledge Base may be behind its bucket."""
        return timedelta(seconds=json.loads(self.rules)["lag_seconds"])
