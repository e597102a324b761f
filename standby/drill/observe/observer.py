"""Reads the state of both regions from the control plane. The faults of the drill do not affect these reads."""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain
from typing import Final
from urllib.parse import urljoin

import urllib3

from standby.deadline import poll
from standby.deployment.clients import Clients
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.routing_config import KEY, ConfigCopies, read_copy, serving_role
from standby.drill.load.users import SiteClient
from standby.drill.measure.documents import StoredDocument, question_about
from standby.rehearsal.network.distribution import Distribution, read_distribution

INGESTION_SECONDS: Final = 45.0
"""The longest time from an upload to its answer: its event, three starts of a job (one in ten seconds), the job."""

QUESTION_PAUSE_SECONDS: Final = 1.0
CONCURRENT_QUESTIONS: Final = 4
START_PAGE: Final = "index.html"
NOT_SITE_FILES: Final = (KEY, "standby/", "origin-check/")
"""Key prefixes in the frontend buckets that are not files of the site: the routing config, the journal, and the file
that the edge reads from one bucket alone."""


@dataclass(frozen=True, kw_only=True)
class Observer:
    """Reads both regions: by `clients`, which no fault affects, and by `client`, as users do.

    `failover_codes`: the status codes on which, by the settings, CloudFront asks the other region's bucket.
    """

    deployment: Manifest
    clients: Clients
    client: SiteClient
    failover_codes: frozenset[int] = frozenset()

    def distribution(self) -> Distribution:
        """Return the distribution. Raises `StandbyError` if it uses what the rehearsal's edge cannot do."""
        return read_distribution(self.clients.cloudfront(), self.deployment.site.distribution_id)

    def stored_documents(self, role: Role) -> tuple[StoredDocument, ...]:
        """Return the documents in the region's bucket."""
        region = self.deployment.regions[role]
        etags: dict[str, list[str]] = {}
        for key, etag in self._versions(region.region, region.documents_bucket):
            etags.setdefault(key, []).append(etag)
        return tuple(
            StoredDocument(key=key, versions=len(found), contents=len(set(found))) for key, found in etags.items()
        )

    def document_keys(self, role: Role) -> frozenset[str]:
        """Return the keys of the documents in the region's bucket."""
        return frozenset(document.key for document in self.stored_documents(role))

    def site_files(self, role: Role) -> Mapping[str, str]:
        """Return the ETag of each of the site's files in the region's frontend bucket."""
        region = self.deployment.regions[role]
        s3 = self.clients.long_running_s3(region.region)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=region.frontend_bucket)
        found = {entry["Key"]: entry["ETag"] for page in pages for entry in page.get("Contents", [])}
        return {key: etag for key, etag in found.items() if not key.startswith(NOT_SITE_FILES)}

    def count_differing_site_files(self) -> int:
        """Return how many of the site's files differ between the regions."""
        first, second = (self.site_files(role) for role in ROLES)
        return sum(first.get(key) != second.get(key) for key in {*first, *second})

    def page_versions(self) -> dict[str, str]:
        """Return the region of each bucket by the version id of its start page, which S3 puts into every answer."""
        found = {}
        for role in ROLES:
            region = self.deployment.regions[role]
            s3 = self.clients.long_running_s3(region.region)
            head = s3.head_object(Bucket=region.frontend_bucket, Key=START_PAGE)
            found[head.get("VersionId", "")] = region.region
        return found

    def copies(self) -> ConfigCopies:
        """Return both copies of `config.json`. Raises botocore's errors."""
        regions = self.deployment.regions
        return {role: read_copy(self.clients.long_running_s3(regions[role].region), regions[role]) for role in ROLES}

    def config_etags(self) -> frozenset[str]:
        """Return the ETags of all versions of `config.json` in both buckets, also of those that were overwritten."""
        regions = (self.deployment.regions[role] for role in ROLES)
        found = (self._versions(region.region, region.frontend_bucket, prefix=KEY) for region in regions)
        return frozenset(etag for key, etag in chain.from_iterable(found) if key == KEY)

    def serving_role(self) -> Role | None:
        """Return the role of the serving region; None if config.json names neither region's API."""
        return serving_role(self.deployment, self.copies())

    def find_documents(
        self, role: Role, words: AbstractSet[str], *, seconds: float = INGESTION_SECONDS
    ) -> frozenset[str]:
        """Return the words whose documents a question to the region's API finds within `seconds`."""
        found: set[str] = set()

        def find_all() -> bool:
            found.update(self._ask_about(role, sorted(words - found)))
            return found >= words

        poll(find_all, seconds=seconds, pause=QUESTION_PAUSE_SECONDS)
        return frozenset(found)

    def _ask_about(self, role: Role, words: Sequence[str]) -> frozenset[str]:
        with ThreadPoolExecutor(max_workers=CONCURRENT_QUESTIONS) as pool:
            answers = pool.map(lambda word: self._finds(role, word), words)
            return frozenset(word for word, found in zip(words, answers, strict=True) if found)

    def _finds(self, role: Role, word: str) -> bool:
        url = urljoin(self.deployment.regions[role].api_url, "docs")
        body = json.dumps({"question": question_about(word)}).encode()
        try:
            answer = self.client.request("POST", url, headers={"Content-Type": "application/json"}, body=body)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == HTTPStatus.OK and word in json.dumps(json.loads(answer.data).get("citations"))

    def _versions(self, region: str, bucket: str, *, prefix: str = "") -> Iterator[tuple[str, str]]:
        """Yield the key and the ETag of each version of each object in a bucket."""
        pages = self.clients.long_running_s3(region).get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from ((version["Key"], version["ETag"]) for version in page.get("Versions", []))
