"""Helpers for the tests of the operator's commands: a small deployment of two regions, as facts or in an emulator."""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Final, TypeVar

from click.testing import Result
from hypothesis import strategies as st
from pydantic import BaseModel

from standby.deployment.clients import Clients
from standby.deployment.concurrency import NoAnswerError, Unavailable
from standby.deployment.dns.lookup import Lookup
from standby.deployment.http_client import HTTP_SECONDS, HttpClient, HttpResponse
from standby.deployment.manifest import ROLES, Manifest, Role, parse_manifest
from standby.deployment.routing_config import ConfigCopy, RoutingConfig, config_for_role, read_copy, render_config
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts import journal
from standby.operations.facts.health import Health
from standby.operations.facts.journal import Event
from standby.operations.facts.switch_facts import SwitchFacts
from standby.operations.plans.plan import Plan, PutConfig
from tests.standby.manifests import REGIONS, manifest_text

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
WEST, EAST = "us-west-2", "us-east-1"
HEALTHY: Final = Health(status="healthy", checks={"retrieve": "ok"})
DOWN: Final = Unavailable("does not answer (connection refused)", unreachable=True)
REFUSING: Final = "http://127.0.0.1:9"
"""No process listens on the discard port."""

M = TypeVar("M", bound=BaseModel)

Run = Callable[..., Result]
"""The fixture `run`: a command's arguments, the `dead` regions, and the `given` input."""

_numbers = itertools.count(1)


def words(printed: str) -> str:
    """Return printed text on one line: its lines break at blanks, in 80 columns."""
    return " ".join(printed.split())


@cache
def clients(endpoint: str, dead: tuple[Role, ...] = (), sick: tuple[tuple[Role, str], ...] = ()) -> Clients:
    """Return clients of both regions, cached, because creating them takes longer than most tests."""
    endpoints = {region: REFUSING if role in dead else endpoint for role, region in REGIONS.items()}
    endpoints |= {REGIONS[role]: url for role, url in sick}
    return Clients(
        lambda region: EmulatorSession(region=region, endpoint=endpoint), endpoints=endpoints, elsewhere=endpoint
    )


MANIFEST: Final = parse_manifest(manifest_text())


def config(role: Role, generation: int | None, *, manifest: Manifest = MANIFEST, moment: str = "then") -> RoutingConfig:
    """Return a config that names the region of this role; without a generation it is manually edited."""
    if generation is None:
        return RoutingConfig(api_url=manifest.regions[role].api_url)
    return config_for_role(manifest, role, generation=generation, updated_at=moment)


def copy_of(bucket_role: Role, said: RoutingConfig | None, *, manifest: Manifest = MANIFEST) -> ConfigCopy:
    """Return one bucket's copy; with None, the object does not exist."""
    region = manifest.regions[bucket_role]
    empty = ConfigCopy(role=bucket_role, region=region.region, bucket=region.frontend_bucket)
    return empty if said is None else replace(empty, config=said, etag=f'"{said}"', text=render_config(said))


def invalid_copy(bucket_role: Role, *, manifest: Manifest = MANIFEST) -> ConfigCopy:
    """Return the copy of a bucket whose config.json is not valid."""
    return replace(copy_of(bucket_role, None, manifest=manifest), etag='"invalid"', text='{"apiUrl": ')


CONFIGS = st.builds(config, st.sampled_from(ROLES), st.none() | st.integers(1, 9), moment=st.sampled_from("abc"))
COPIES = st.fixed_dictionaries(
    {
        role: st.just(DOWN) | st.just(invalid_copy(role)) | st.builds(copy_of, st.just(role), st.none() | CONFIGS)
        for role in ROLES
    }
)
FACTS = st.builds(
    SwitchFacts,
    manifest=st.just(MANIFEST),
    target=st.sampled_from(ROLES),
    copies=COPIES,
    journal_generation=st.integers(0, 12),
    health=st.sampled_from([HEALTHY, Health(status="degraded", checks={"retrieve": "AccessDenied"}), DOWN]),
    actor=st.just("somebody"),
    now=st.just(NOON),
    unread_journals=st.dictionaries(st.sampled_from(ROLES), st.just(DOWN), max_size=2),
)


def changed(model: M, **fields: object) -> M:
    """Return a copy of a model with these fields changed."""
    return model.model_copy(update=fields)


def facts(target: Role = "failover", **said: object) -> SwitchFacts:
    """Return facts: both copies name the primary region with generation 3, and all is healthy, except for `said`."""
    copies = {role: copy_of(role, config("primary", 3)) for role in ROLES}
    well = SwitchFacts(
        manifest=MANIFEST,
        target=target,
        copies=copies,
        journal_generation=3,
        health=HEALTHY,
        actor="somebody",
        now=NOON,
    )
    return replace(well, **said)  # type: ignore[arg-type]  # a test says which part differs


def both(*, primary: RoutingConfig, failover: RoutingConfig) -> dict[Role, ConfigCopy]:
    """Return both buckets' copies."""
    return {"primary": copy_of("primary", primary), "failover": copy_of("failover", failover)}


def puts(plan: Plan) -> list[PutConfig]:
    """Return the writes of config.json in a plan, in order."""
    return [step.action for step in plan.steps if isinstance(step.action, PutConfig)]


@dataclass(frozen=True, kw_only=True)
class World:
    """A separate deployment in an emulator, without functions: the buckets and the manifest."""

    endpoint: str
    manifest: Manifest

    @classmethod
    def make(cls, endpoint: str, *, generation: int = 3) -> "World":
        """Create a world in which the primary region serves."""
        number = next(_numbers)
        text = manifest_text(f"{number}", name=f"world{number}")
        world = cls(endpoint=endpoint, manifest=parse_manifest(text))
        for role, region in world.manifest.regions.items():
            s3 = clients(endpoint).retrying_s3(region.region)  # a busy machine takes longer than a fact may
            place = {} if region.region == EAST else {"CreateBucketConfiguration": {"LocationConstraint": WEST}}
            for bucket in (region.frontend_bucket, region.documents_bucket):
                s3.create_bucket(Bucket=bucket, **place)  # type: ignore[arg-type]  # none in us-east-1
                s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
            clients(endpoint).ssm(region.region).put_parameter(
                Name=f"/warm-standby/{world.manifest.name}/manifest", Value=text, Type="String"
            )
            world.put(role, render_config(config("primary", generation, manifest=world.manifest)))
        return world

    def s3(self, role: Role) -> "S3Client":
        return clients(self.endpoint).s3(REGIONS[role])

    def put(self, role: Role, text: str) -> None:
        """Write a copy of config.json unconditionally, as a manual edit does."""
        self.s3(role).put_object(Bucket=self.manifest.regions[role].frontend_bucket, Key="config.json", Body=text)

    def copies(self) -> dict[Role, ConfigCopy]:
        """Return both current copies."""
        return {role: read_copy(self.s3(role), self.manifest.regions[role]) for role in ROLES}

    def events(self, role: Role) -> list[Event]:
        """Return the events of one region's journal."""
        region = self.manifest.regions[role]
        found = [journal.read_event(self.s3(role), region, key) for key in journal.list_objects(self.s3(role), region)]
        return [event for event in found if event is not None]

    def connect(self, *dead: Role, sick: Mapping[Role, str] | None = None) -> "EmulatorConnection":
        """Return a connection; no service in the dead regions answers. A sick region is the server at that URL."""
        return EmulatorConnection(self, dead, sick or {})


class EmulatorConnection:
    """The connection to a `World`: its APIs are healthy, and its edge reads the failover bucket first."""

    where = "TEST"
    rehearsed = False

    def __init__(self, world: World, dead: tuple[Role, ...], sick: Mapping[Role, str]) -> None:
        self.name = world.manifest.name
        self.allowed_accounts: tuple[str, ...] = ()
        self.regions = tuple(REGIONS.values())
        self._world, self._dead, self._sick = world, dead, sick
        self.clients = clients(world.endpoint, dead, tuple(sick.items()))

    def look_up(self, name: str) -> Lookup:
        raise NoAnswerError(f"DNS has no answer for {name}")

    def request(
        self, method: str, url: str, *, body: bytes | None = None, seconds: float = HTTP_SECONDS, token: str = ""
    ) -> HttpResponse:
        if url.startswith(self._world.manifest.site.url):
            lost = {*self._dead, *self._sick}
            up = [copy for role, copy in reversed(self._world.copies().items()) if role not in lost and copy.text]
            return HttpResponse(status=200, body=up[0].text.encode()) if up else HttpResponse(status=503, body=b"")
        role = next(role for role in ROLES if url.startswith(self._world.manifest.regions[role].api_url))
        if role in self._dead:
            raise NoAnswerError("does not answer (connection refused)")
        if role in self._sick:
            return HttpClient(trusted=True).request(method, self._sick[role], body=body, seconds=seconds)
        if url.endswith("/docs"):
            return HttpResponse(status=200, body=json.dumps({"response": "An answer.", "citations": []}).encode())
        checks = {"retrieve": {"status": "ok", "responseTimeMs": 1}}
        document = {"status": "healthy", "checks": checks, "totalResponseTimeMs": 1}
        return HttpResponse(status=200, body=json.dumps(document).encode())
