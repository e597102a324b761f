"""Names and ARNs of one region's resources."""

from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["primary", "failover"]
"""A region's role in the deployment. A failover changes the serving region, never the roles."""

# The region of CloudFront's own resources in other services: a web ACL, and the delivery of access logs.
# Source: docs.aws.amazon.com, AWS WAF, "Resources that you can protect with AWS WAF"; CloudFront, "Configure standard
# logging (v2)".
GLOBAL_REGION: Final = "us-east-1"


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
