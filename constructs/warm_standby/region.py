"""One region of the deployment, as its constructs see it."""

from dataclasses import dataclass

from cdktf_cdktf_provider_aws.provider import AwsProvider

from warm_standby.names import Names


@dataclass(frozen=True, kw_only=True)
class Region:
    """The provider of the region, and the names of its resources."""

    provider: AwsProvider
    names: Names
