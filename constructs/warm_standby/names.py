"""Names and ARNs of one region's resources."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["primary", "failover"]
"""A region's role in the deployment. A failover changes the serving region, never the roles."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one region's resources.

    `account` is the account ID, usually a Terraform reference whose value is known only at apply.
    """

    deployment: str
    account: str
    region: str

    def regional(self, purpose: str) -> str:
        """Return a name that is unique within the region: `chatbot-query`."""
        return f"{self.deployment}-{purpose}"

    def account_wide(self, purpose: str) -> str:
        """Return a name that is unique within the account, as IAM roles need it: `chatbot-query-us-west-2`."""
        return f"{self.deployment}-{purpose}-{self.region}"

    def bucket(self, purpose: str) -> str:
        """Return a globally unique bucket name: `chatbot-docs-111122223333-us-west-2`."""
        return f"{self.deployment}-{purpose}-{self.account}-{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource in this region and account."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
