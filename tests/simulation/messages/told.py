"""What a command told, beside the answers that it got and the world at the end of the command."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from standby.deployment.routing_config import RoutingConfig
from tests.simulation.calls import SITE, Call, read_document
from tests.simulation.commands import MANIFEST, Report, Spec
from tests.simulation.machine import Answer
from tests.simulation.records import EAST, OTHER, WEST, Job, parse_copy
from tests.simulation.script import Answers
from tests.simulation.world import World

_OK: Final = 200
_NO_SUCH_KEY: Final = b"<Code>NoSuchKey</Code>"
_LISTED: Final = re.compile(
    rb"<Key>([^<]*)</Key><ETag>([^<]*)</ETag><Size>\d+</Size><LastModified>([^<]*)</LastModified>"
)
_NO_ANSWER: Final = re.compile(r"does not answer \((?P<cause>[^)]*)\)")


@dataclass(frozen=True, kw_only=True)
class Told:
    """A command that has ended: its report, each answer that it got, and the world at its end."""

    spec: Spec
    report: Report
    answers: Answers
    world: World

    def calls(self, region: str, *operations: str) -> Iterator[tuple[Call, Answer]]:
        """Yield the calls of an operation to a region, in the order of equal calls."""
        found = [one for one in self.answers if one[0].region == region and one[0].operation in operations]
        yield from ((call, answer) for call, _, answer in sorted(found, key=lambda one: one[1]))

    def answers_of(self, region: str, *operations: str) -> list[Answer]:
        """Return the answers to an operation in a region, in their order."""
        return [answer for _, answer in self.calls(region, *operations)]

    def config_reads(self, region: str) -> list[Answer]:
        """Return the answers to each read of a region's config.json, in their order."""
        return [answer for call, answer in self.calls(region, "GetObject") if call.is_config]

    def configs(self, region: str) -> list[RoutingConfig]:
        """Return each valid config that the command read in a region."""
        found = self.answers_of(SITE, "GET config.json") if region == SITE else self.config_reads(region)
        parsed = [parse_copy(answer.body) for answer in found if _is_answered(answer)]
        return [config for config in parsed if config is not None]

    def has_read(self, region: str, generation: int | None = None, *, where: str = "") -> bool:
        """Return whether the command read a config (in a region, or anywhere) that names this region's API."""
        seen = [config for place in ([where] if where else [*OTHER]) for config in self.configs(place)]
        return any(names(config) == region and generation in {None, config.generation} for config in seen)

    def last_configs(self, region: str) -> list[RoutingConfig | None]:
        """Return the last reads that showed a region's copy: a command that lists the journal reads it, too.

        These are two, and one more for each listing that failed, because it is repeated.
        """
        shown = [answer for answer in self.config_reads(region) if is_shown(answer)]
        lists = [answer for call, answer in self.calls(region, "ListObjectsV2") if call.is_journal]
        repeated = sum(not _is_well(answer) for answer in lists)
        return [parse_copy(answer.body) for answer in shown[-2 - repeated :]]

    def shown_first(self) -> list[RoutingConfig]:
        """Return each config that the edge may have shown, as far as the last reads of both copies tell."""
        east, west = self.last_configs(EAST), self.last_configs(WEST)
        behind = west if None in east or not east else []
        return [config for config in (*east, *behind) if config is not None]

    def own_texts(self, region: str) -> list[bytes]:
        """Return the texts that the command sent as a region's config.json."""
        return [call.body for call, _ in self.calls(region, "PutObject") if call.is_config]

    def failed(self, region: str, why: str) -> bool:
        """Return whether an answer from a region, or that there was none, is this reason."""
        given = [answer for call, _, answer in self.answers if call.region == region]
        if why.startswith("its bucket") and not self.listings(region):
            return True
        if found := _NO_ANSWER.search(why):
            late = found["cause"].startswith("time-out")
            return any(_is_late(answer) if late else answer.failure == "refused" for answer in given)
        code = why.rpartition("answers ")[2].partition(",")[0]
        return any(f"<Code>{code}</Code>".encode() in answer.body or str(answer.status) == code for answer in given)

    def is_silent(self, region: str) -> bool:
        """Return whether a call to a region got no answer, or a late one."""
        return any(call.region == region and (answer.failure or answer.delay) for call, _, answer in self.answers)

    def is_faulty(self, region: str) -> bool:
        """Return whether something in a region did not answer well."""
        return any(call.region == region and not _is_well(answer) for call, _, answer in self.answers)

    def is_healthy(self, region: str) -> bool:
        """Return whether the API of a region was healthy in an answer."""
        answers = self.answers_of(region, "GET health", "GET health?deep=true")
        return any(_is_answered(answer) and answer.status == _OK for answer in answers)

    def is_degraded(self, region: str) -> bool:
        """Return whether the API of a region answered that it is not healthy."""
        answers = self.answers_of(region, "GET health", "GET health?deep=true")
        return any(_is_answered(answer) and answer.status != _OK for answer in answers)

    def has_changed_something(self, *, journal: bool = True) -> bool:
        """Return whether a write of the command was carried out, or still may be."""
        for call, _, answer in self.answers:
            if not call.is_write or (call.is_journal and not journal):
                continue
            stored = self.world.objects.get((call.region, call.bucket, call.key))
            there = stored is not None and stored.body == call.body
            if (_is_answered(answer) and answer.status == _OK) or (there and call.body):
                return True
        late = [call for number, call in self.world.late if number == self.spec.number]
        return any(journal or not call.is_journal for call in late)

    def listings(self, region: str) -> list[Mapping[str, tuple[str, int]]]:
        """Return the ETag and time of each document in each listing of a region's bucket."""
        pages = [answer for call, answer in self.calls(region, "ListObjectsV2") if call.bucket == "docs"]
        return [_parse_listing(answer.body) for answer in pages if _is_answered(answer) and answer.status == _OK]

    def is_behind(self, region: str) -> bool:
        """Return whether a job of a region, as it was read, does not cover a listing there."""
        return self._coverage(region) != {True}

    def jobs_started(self, region: str) -> int:
        """Return how many ingestion jobs of a region the command started."""
        answers = [answer for answer in self.answers_of(region, "Invoke") if _is_answered(answer)]
        return sum(answer.status == _OK and read_document(answer)["decision"] == "start" for answer in answers)

    def is_covered(self, region: str) -> bool:
        """Return whether a job of a region, as it was read, covers a listing there."""
        return True in self._coverage(region)

    def _coverage(self, region: str) -> set[bool]:
        jobs = [answer for answer in self.answers_of(region, "ListIngestionJobs") if _is_answered(answer)]
        last = [read_document(answer)["ingestionJobSummaries"][0] for answer in jobs]
        wanted = [_describe_content(listing) for listing in self.listings(region)]
        return {job["status"] == "COMPLETE" and job["description"] == one for job in last for one in wanted}

    def was_not_read(self, region: str) -> bool:
        """Return whether a read of a region's config.json failed, or came late."""
        return any(not _is_well(answer) for answer in self.config_reads(region))

    def lacking(self) -> Iterator[str]:
        """Yield each document of every listing that the other region lacks at the end, or a Knowledge Base."""
        for region, other in OTHER.items():
            listings = self.listings(region) or [{}]
            for key in set(listings[0]).intersection(*listings):
                etag, modified = listings[-1][key]
                there, here = (self.world.objects.get((place, "docs", key)) for place in (other, region))
                if here is None or here.body is None:  # deleted since
                    continue
                older = there is not None and there.etag != etag and there.modified < modified
                known = all(key in listing for listing in self.listings(other))
                if there is None or (there.body is not None and older and known):
                    yield f"{other} lacks {key}"
                if here.etag == etag and (key, etag) not in self.world.indexed[region]:
                    yield f"the Knowledge Base of {region} lacks {key}"


def _parse_listing(body: bytes) -> Mapping[str, tuple[str, int]]:
    return {
        key.decode(): (etag.decode().replace("&quot;", '"'), int(datetime.fromisoformat(when.decode()).timestamp()))
        for key, etag, when in _LISTED.findall(body)
    }


def _describe_content(listing: Mapping[str, tuple[str, int]]) -> str:
    content = tuple(sorted((key, etag) for key, (etag, _) in listing.items()))
    return Job(content=content, status="COMPLETE", started=0).description


def names(config: RoutingConfig | None) -> str:
    """Return the region whose API a config names; "" for another API, or no config."""
    role = MANIFEST.role_of(config.api_url) if config else None
    return MANIFEST.regions[role].region if role else ""


def is_shown(answer: Answer) -> bool:
    """Return whether a read of an object shows it, or that it is absent."""
    return _is_answered(answer) and (answer.status == _OK or _NO_SUCH_KEY in answer.body)


def _is_late(answer: Answer) -> bool:
    """Return whether no answer came within the time of a call, or of its repetitions."""
    return bool(answer.failure) or answer.delay > 0 or answer.status == 503


def _is_answered(answer: Answer) -> bool:
    return not answer.failure


def _is_well(answer: Answer) -> bool:
    absent = answer.status == 404
    return _is_answered(answer) and not answer.delay and (answer.status == _OK or absent)
