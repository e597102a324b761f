"""The synthesized Terraform JSON, as far as its cost depends on it."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from standby.errors import BadUsageError

MINUTES_A_MONTH: Final = 43_800.0
"""730 hours, as AWS's price pages count a month."""
MEGABYTES_A_GIGABYTE: Final = 1024
ROLES: Final = ("primary", "failover")
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}

Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The resources of a synthesized stack."""

    document: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Stack":
        """Read a file. Raises `BadUsageError` if it is missing or no Terraform JSON of this project."""
        hint = "`make synth` writes cdktf.out/stacks/warm-standby/cdk.tf.json. `--stack FILE` names another file."
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadUsageError(f"{path} cannot be read: {error.strerror}", hint=hint) from error
        except ValueError as error:
            raise BadUsageError(f"{path} is not JSON: {error}", hint=hint) from error
        if not isinstance(document, dict) or "aws_lambda_function" not in document.get("resource", {}):
            raise BadUsageError(f"{path} is not the Terraform JSON of this project.", hint=hint)
        return cls(document=document)

    def types(self) -> set[str]:
        """Return the types of the resources. Cloud Control's are named by the type that it creates."""
        resources = self.document["resource"]
        types = {type_ for type_ in resources if type_ != "aws_cloudcontrolapi_resource"}
        return types | {body["type_name"] for body in resources.get("aws_cloudcontrolapi_resource", {}).values()}

    def region(self, role: str) -> str:
        """Return the region of a role."""
        providers = self.document["provider"]["aws"]
        return str(next(provider["region"] for provider in providers if provider["alias"] == role))

    def resources(self, type_: str, role: str) -> list[Body]:
        """Return the resources of a type in the region of a role."""
        found = self.document["resource"].get(type_, {}).values()
        return [body for body in found if body["provider"] == f"aws.{role}"]

    def web_acls(self, role: str) -> list[Body]:
        """Return the web ACLs of a role. The site's, which is in us-east-1, counts for the primary region."""
        regional = [body for body in self.resources("aws_wafv2_web_acl", role) if body["scope"] == "REGIONAL"]
        every = self.document["resource"].get("aws_wafv2_web_acl", {}).values()
        return [*regional, *(body for body in every if role == ROLES[0] and body["scope"] == "CLOUDFRONT")]

    def health_checks(self, role: str) -> list[Body]:
        """Return the health checks of Route 53 whose requests a region answers. Those of the site count for primary."""
        other = f"aws_api_gateway_rest_api.{ROLES[1]}_"
        every = self.document["resource"].get("aws_route53_health_check", {}).values()
        return [body for body in every if (other in str(body.get("fqdn"))) == (role == ROLES[1])]

    def created(self, type_name: str, role: str) -> list[Body]:
        """Return the desired state of each resource that Cloud Control creates of a type."""
        found = self.resources("aws_cloudcontrolapi_resource", role)
        return [json.loads(body["desired_state"]) for body in found if body["type_name"] == type_name]

    def schedules(self, role: str) -> Iterator["Schedule"]:
        """Yield each schedule of a region with its function."""
        targets = self.document["resource"].get("aws_cloudwatch_event_target", {}).values()
        for address, rule in self.document["resource"].get("aws_cloudwatch_event_rule", {}).items():
            rate = _RATE.fullmatch(str(rule.get("schedule_expression")))
            if rule["provider"] != f"aws.{role}" or rate is None:
                continue
            target = next(body for body in targets if f".{address}." in str(body["rule"]))
            function = self._function(str(target["arn"]))
            yield Schedule(
                runs=MINUTES_A_MONTH / (int(rate[1]) * _MINUTES[rate[2]]),
                memory_gb=function["memory_size"] / MEGABYTES_A_GIGABYTE,
                asks="readinessCheck" in str(target.get("input")),
                sweeps=str(function["handler"]).startswith("ingest."),
                looks=str(function["handler"]).startswith("controller."),
                notifies=str(function["handler"]).startswith("notifications."),
            )

    def function(self, package: str, role: str) -> Body:
        """Return the function of a package."""
        return next(
            body for body in self.resources("aws_lambda_function", role) if body["handler"].startswith(f"{package}.")
        )

    def reads_checkers(self, role: str) -> bool:
        """Return whether the region's controller reads the metric of a health check of Route 53 in each look."""
        return any(
            "HEALTH_CHECK_ID" in body.get("environment", {}).get("variables", {})
            for body in self.resources("aws_lambda_function", role)
        )

    def replications(self, role: str) -> int:
        """Return the number of replication rules from a region's bucket."""
        found = self.resources("aws_s3_bucket_replication_configuration", role)
        return sum(len(body["rule"]) for body in found)

    def _function(self, reference: str) -> Body:
        functions = self.document["resource"]["aws_lambda_function"]
        return next(body for address, body in functions.items() if f".{address}." in reference)


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """A schedule: its runs in a month, the memory of its function in GB, and what a run does besides."""

    runs: float
    memory_gb: float
    asks: bool
    sweeps: bool
    notifies: bool
    looks: bool = False
