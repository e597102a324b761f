"""The drill's own eyes: what is really there, asked of the control plane past every fault that the drill makes."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Final
from urllib.parse import urljoin

import urllib3

from standby.deployment.clients import Clients
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.drill.load.users import Asks
from standby.drill.measure.documents import Stored, question_about
from standby.rehearsal.network.distribution import Distribution, read_distribution

FOUND_SECONDS: Final = 15.0
BETWEEN_SWEEPS_SECONDS: Final = 1.0
ASKING: Final = 4
START_PAGE: Final = "index.html"
CONFIG: Final = "config.json"
NO_SITE_FILES: Final = (CONFIG, "standby/")
"""What lies in the frontend buckets and is no file of the site: what serves now, and the operators' notes."""


@dataclass(frozen=True, kw_only=True)
class Observer:
    """Looks at both regions: `clients` past every fault, `client` as users do.

    `failover_codes`: the status codes on which, by the settings, the other region's bucket is asked for a page.
    """

    deployment: Manifest
    clients: Clients
    client: Asks
    failover_codes: frozenset[int] = frozenset()

    def distribution(self) -> Distribution:
        """Return the distribution. Raises `StandbyError` when it has what the rehearsal's edge cannot do."""
        return read_distribution(self.clients.cloudfront(), self.deployment.distribution_id)

    def stored(self, role: Role) -> tuple[Stored, ...]:
        """Return the documents in the region's bucket, each with the number of its versions."""
        place = self.deployment.regions[role]
        versions: dict[str, list[str]] = {}
        for key, etag in self._versions(place.region, place.documents_bucket):
            versions.setdefault(key, []).append(etag)
        return tuple(Stored(key=key, versions=len(etags), contents=len(set(etags))) for key, etags in versions.items())

    def keys(self, role: Role) -> frozenset[str]:
        """Return the keys of the documents in the region's bucket."""
        return frozenset(stored.key for stored in self.stored(role))

    def site_files(self, role: Role) -> Mapping[str, str]:
        """Return the site's files in the region's frontend bucket, each with its ETag."""
        place = self.deployment.regions[role]
        s3 = self.clients.long_running_s3(place.region)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.frontend_bucket)
        found = {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}
        return {key: etag for key, etag in found.items() if not key.startswith(NO_SITE_FILES)}

    def site_files_different(self) -> int:
        """Return how many files of the site are not the same in both regions."""
        first, second = (self.site_files(role) for role in ROLES)
        return sum(first.get(key) != second.get(key) for key in {*first, *second})

    def page_versions(self) -> dict[str, str]:
        """Return the version id of the start page in each bucket, and whose it is: S3 names it in every answer."""
        found = {}
        for role in ROLES:
            place = self.deployment.regions[role]
            s3 = self.clients.long_running_s3(place.region)
            head = s3.head_object(Bucket=place.frontend_bucket, Key=START_PAGE)
            found[head.get("VersionId", "")] = place.region
        return found

    def config(self, role: Role) -> Mapping[str, object]:
        """Return the region's own copy of `config.json`."""
        place = self.deployment.regions[role]
        s3 = self.clients.long_running_s3(place.region)
        value = json.loads(s3.get_object(Bucket=place.frontend_bucket, Key=CONFIG)["Body"].read())
        return value if isinstance(value, dict) else {}

    def configs(self) -> frozenset[str]:
        """Return the ETag of every content that `config.json` has had in either bucket.

        The buckets are versioned: one that was overwritten at once is among them.
        """
        places = (self.deployment.regions[role] for role in ROLES)
        found = (self._versions(place.region, place.frontend_bucket, prefix=CONFIG) for place in places)
        return frozenset(etag for key, etag in chain.from_iterable(found) if key == CONFIG)

    def serving(self) -> Role:
        """Return which region users are sent to, by the copy with the highest generation."""
        # `max` takes the first of equals: the failover bucket's copy, as the edge does.
        url = max((self.config("failover"), self.config("primary")), key=_generation).get("apiUrl")
        return next((role for role in ROLES if self.deployment.regions[role].api_url == url), "primary")

    def _versions(self, region: str, bucket: str, *, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Yield each version of each object in a bucket: its key and its ETag."""
        pages = self.clients.long_running_s3(region).get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from ((version["Key"], version["ETag"]) for version in page.get("Versions", []))

    def sweep(self, role: Role) -> None:
        """Send the sweep's event, as its schedule does every few minutes: the emulator's replicas raise none."""
        place = self.deployment.regions[role]
        event = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
        function = self.clients.functions(place.region)
        function.invoke(FunctionName=place.ingest_function, Payload=json.dumps(event).encode())

    def found(self, role: Role, words: AbstractSet[str], *, seconds: float = FOUND_SECONDS) -> frozenset[str]:
        """Return which documents a question to the region's API finds, after at most so long for the ingestion."""
        deadline = time.monotonic() + seconds
        found = self._ask_about(role, sorted(words))
        while found != words and time.monotonic() < deadline:
            self.sweep(role)
            time.sleep(BETWEEN_SWEEPS_SECONDS)
            found |= self._ask_about(role, sorted(words - found))
        return found

    def _ask_about(self, role: Role, words: Sequence[str]) -> frozenset[str]:
        with ThreadPoolExecutor(max_workers=ASKING) as asking:
            answers = asking.map(lambda word: self._finds(role, word), words)
            return frozenset(word for word, found in zip(words, answers, strict=True) if found)

    def _finds(self, role: Role, word: str) -> bool:
        url = urljoin(self.deployment.regions[role].api_url, "docs")
        body = json.dumps({"question": question_about(word)}).encode()
        try:
            answer = self.client.request("POST", url, headers={"Content-Type": "application/json"}, body=body)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == HTTPStatus.OK and word in json.dumps(json.loads(answer.data).get("citations"))


def _generation(config: Mapping[str, object]) -> int:
    value = config.get("generation", 0)
    return value if isinstance(value, int) else 0
