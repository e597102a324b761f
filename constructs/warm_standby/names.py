"""Names of one region's resources."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["primary", "failover"]
"""A region's part in the deployment. Roles stay; a failover changes only which one serves."""


@dataclass(frozen=True, kw_only=True)
class Names:
    """How one region's resources are called, and where they live.

    `account` is the account's id, as a rule a Terraform reference that is known at apply only.
    """

    deployment: str
    account: str
    region: str

    def regional(self, purpose: str) -> str:
        """Name something that is unique within its region: `chatbot-query`."""
        return f"{self.deployment}-{purpose}"

    def in_account(self, purpose: str) -> str:
        """Name something that must differ from the other region's, such as an IAM role: `chatbot-query-us-west-2`."""
        return f"{self.deployment}-{purpose}-{self.region}"

    def bucket(self, purpose: str) -> str:
        """Name a bucket, unique in the world: `chatbot-docs-111122223333-us-west-2`."""
        return f"{self.deployment}-{purpose}-{self.account}-{self.region}"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of one of this region's resources."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"
