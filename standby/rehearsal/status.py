"""Whether a rehearsal is up, and what it holds."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from urllib.parse import urlsplit

from standby.deployment.manifest import Manifest, Role
from standby.rehearsal.faults.faults import Fault
from standby.rehearsal.network.hosts import local_url
from standby.rehearsal.network.network import Network


@dataclass(frozen=True, kw_only=True)
class Status:
    """What is up: the emulator's URL (None: not up), what is applied to it (`documents` per role), what is broken."""

    endpoint: str | None
    resources: int = 0
    documents: Mapping[Role, int] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()

    @property
    def applied(self) -> bool:
        """Whether the stack is applied to the running emulator."""
        return bool(self.documents)

    def as_json(self) -> dict[str, object]:
        """Return all of it as JSON values."""
        faults = [fault.as_json() for fault in self.faults]
        return {"up": self.endpoint is not None, "applied": self.applied, **asdict(self), "faults": faults}


def local_urls(deployment: Manifest, network: Network) -> dict[str, str]:
    """Return the URLs that a user may open or call on this machine."""
    edge = network.hosts[urlsplit(deployment.site_url).hostname or ""]
    apis = {
        f"{region.role} API": local_url(region.api_url, endpoint=network.region_proxies[region.region])
        for region in deployment.regions.values()
    }
    return {"site": deployment.site_url, "edge": f"https://{edge.host}:{edge.port} (TLS)", **apis}


class PhaseTimer:
    """Measure the phases of a run, in seconds."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self.seconds: dict[str, float] = {}

    def lap(self, phase: str) -> None:
        """Note the time since the last lap under the name of `phase`."""
        now = time.monotonic()
        self.seconds[phase] = round(now - self._began, 2)
        self._began = now
