"""The whole deployment on one machine: real Terraform, the real AWS provider, and MiniStack in place of AWS."""

from standby.rehearsal.core import Rehearsal
from standby.rehearsal.deployment import ROLES, Deployment, RegionalDeployment, Role
from standby.rehearsal.report import Check, Report, Result

__all__ = ["ROLES", "Check", "Deployment", "RegionalDeployment", "Rehearsal", "Report", "Result", "Role"]
