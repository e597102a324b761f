"""The settings of the function, which the stack puts into its environment."""

from dataclasses import dataclass

from shared.environment import EnvironmentSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvironmentSettings):
    """The two regions' buckets and APIs, this region's topic and alarms, and which region is the failover region.

    `controller_parameter` is the state of the controller of the automatic failover, where this region has one.
    """

    deployment: str
    bucket: str
    api_url: str
    other_region: str
    other_bucket: str
    other_api_url: str
    failover_region: str
    topic_arn: str
    alarms: tuple[str, ...]
    controller_parameter: str | None = None

    @property
    def read_order(self) -> tuple[str, str]:
        """Both regions in the order in which the edge asks them for config.json: the failover region first."""
        primary = self.other_region if self.failover_region == self.region else self.region
        return self.failover_region, primary

    @property
    def buckets(self) -> dict[str, str]:
        """The frontend bucket of each region, the own one first."""
        return {self.region: self.bucket, self.other_region: self.other_bucket}

    @property
    def api_urls(self) -> dict[str, str]:
        """The API of each region."""
        return {self.region: self.api_url, self.other_region: self.other_api_url}
