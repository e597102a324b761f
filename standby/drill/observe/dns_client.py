"""A client of the API that is not the page: it finds the API by DNS, keeps the address for its TTL, and asks."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import pairwise
from typing import Final

import urllib3

from standby.deadline import poll
from standby.deployment.dns.lookup import Lookup
from standby.errors import StandbyError
from standby.rehearsal.network.network import Client

PAUSE_SECONDS: Final = 0.1
ANSWER_SECONDS: Final = 1.0


@dataclass(frozen=True, kw_only=True)
class ClientAnswer:
    """One request of the client: when it ended, and the region that answered, "" for none."""

    at: float
    region: str


@dataclass(kw_only=True)
class DnsClient:
    """The client, in a thread of its own. `look_up` asks the DNS server, `now` reads the clock of the scenario."""

    name: str
    client: Client
    look_up: Callable[[], Lookup | None]
    now: Callable[[], float]
    _answers: list[ClientAnswer] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Ask until `stop`."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Ask no more."""
        self._ended.set()

    def wait_for(self, region: str, *, seconds: float, since: float = 0.0) -> float:
        """Wait for an answer of this region after `since`. Returns when it came. Raises `StandbyError` if none does."""

        def first() -> ClientAnswer | None:
            return next((one for one in tuple(self._answers) if one.region == region and one.at >= since), None)

        found = poll(first, seconds=seconds, pause=PAUSE_SECONDS)
        if found is None:
            raise StandbyError(f"Clients of {self.name} got no answer from {region} within {seconds:.0f} s")
        return found.at

    def count(self, region: str, *, since: float) -> int:
        """Return how many answers a region gave after `since`."""
        return sum(one.region == region and one.at >= since for one in tuple(self._answers))

    def longest_gap(self) -> float:
        """Return the longest time between two answers, in seconds."""
        good = [one.at for one in tuple(self._answers) if one.region]
        return max((later - earlier for earlier, later in pairwise(good)), default=0.0)

    def _run(self) -> None:
        kept, until = None, 0.0
        while not self._ended.is_set():
            if time.monotonic() >= until and (found := self.look_up()):
                kept, until = found.address, time.monotonic() + found.ttl
            region = self._ask(kept) if kept else ""
            self._answers.append(ClientAnswer(at=self.now(), region=region))
            self._ended.wait(PAUSE_SECONDS)

    def _ask(self, address: str) -> str:
        try:
            url = f"https://{self.name}/health"
            response = self.client.request("GET", url, timeout=ANSWER_SECONDS, address=address)
            return str(json.loads(response.data)["region"]) if response.status == HTTPStatus.OK else ""
        except (urllib3.exceptions.HTTPError, ValueError, LookupError, TypeError):
            return ""
