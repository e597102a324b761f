"""The controller's clients: each call has a short time-out, and one more attempt."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3

from shared.aws_calls import client_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_ssm import SSMClient

    from controller.settings import ControlledDeployment
    from standby_protocol.deployment import Role

HEALTH_FUNCTION_SECONDS = 27


@dataclass(frozen=True, kw_only=True)
class Clients:
    """Clients of S3 for each region, and of the failover region's other services.

    `writing_s3` makes one attempt only: a second one would find the first one's config.json, and report a conflict.
    """

    s3: "Mapping[Role, S3Client]"
    writing_s3: "S3Client"
    ssm: "SSMClient"
    bedrock_agent: "AgentsforBedrockClient"
    functions: "LambdaClient"
    cloudwatch: "CloudWatchClient"

    @classmethod
    def make(cls, deployment: "ControlledDeployment") -> "Clients":
        """Make the clients."""
        own = deployment.regions["failover"].region
        config = client_config(connect_seconds=1, read_seconds=2, attempts=2)
        once = client_config(connect_seconds=2, read_seconds=5)
        return cls(
            s3={
                role: boto3.client("s3", region_name=region.region, config=config)
                for role, region in deployment.regions.items()
            },
            writing_s3=boto3.client("s3", region_name=own, config=once),
            ssm=boto3.client("ssm", region_name=own, config=config),
            bedrock_agent=boto3.client("bedrock-agent", region_name=own, config=config),
            cloudwatch=boto3.client("cloudwatch", region_name=own, config=config),
            functions=boto3.client(
                "lambda",
                region_name=own,
                config=client_config(connect_seconds=2, read_seconds=HEALTH_FUNCTION_SECONDS),
            ),
        )
