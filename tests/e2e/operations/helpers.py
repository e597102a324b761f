"""Helpers for the end-to-end tests of the operator's commands: run commands, read as a page does, restore."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import urllib3
from click.testing import CliRunner

from health.report import DEEP_CACHED_SECONDS
from standby.cli.main import cli
from standby.console import STEP_MARKS
from standby.deployment.clients import Clients
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Role
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.routing_config import (
    RoutingConfig,
    config_for_role,
    parse_config,
    read_copy,
    render_config,
    write_copy,
)
from standby.deployment.sessions import EmulatorSession
from standby.operations.facts import journal
from standby.rehearsal.connection import open_rehearsal_connection
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import AccessKeyTypeDef
    from mypy_boto3_s3 import S3Client


@cache
def connection(directory: Path) -> Connection:
    """Return the connection to a rehearsal. Its addresses do not change when faults are set and healed."""
    return open_rehearsal_connection(directory)


@cache
def _s3(endpoint: str, region: str) -> "S3Client":
    return EmulatorSession(region=region, endpoint=endpoint).client("s3")


@dataclass(frozen=True, kw_only=True)
class Ran:
    """The result of a command: exit code, JSON document, stderr."""

    code: int
    document: Mapping[str, Any]
    stderr: str

    @property
    def result(self) -> str:
        return str(self.document["result"])


@contextmanager
def without_events(rehearsal: Rehearsal, role: Role) -> Iterator[None]:
    """Let a region's `ingest` get no S3 events in this block. They wait in the queue."""
    functions = rehearsal.session(role).client("lambda")
    (mapping,) = functions.list_event_source_mappings(FunctionName=f"{rehearsal.deployment.name}-ingest")[
        "EventSourceMappings"
    ]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


@dataclass(frozen=True, kw_only=True)
class Operator:
    """An operator at a terminal, with one rehearsal."""

    rehearsal: Rehearsal

    def run(self, *arguments: str) -> Ran:
        """Run a command in this process, because other tests measure its start."""
        directory = self.rehearsal.paths.directory
        # One connection for all commands: creating its clients takes longer than using them.
        result = CliRunner().invoke(cli, [*arguments, "--json"], obj=lambda _: connection(directory))
        assert result.stdout, result.stderr
        return Ran(code=result.exit_code, document=json.loads(result.stdout), stderr=result.stderr)

    def start(self, *arguments: str, stdout: int = subprocess.PIPE) -> "subprocess.Popen[str]":
        """Start a command as a separate program."""
        return subprocess.Popen(
            [sys.executable, "-m", "standby", "--directory", str(self.rehearsal.paths.directory), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1", STEP_MARKS: "1"},
        )

    def failover(self, *arguments: str) -> Ran:
        return self.run("failover", "--yes", *arguments)

    def failback(self, *arguments: str) -> Ran:
        return self.run("failback", "--yes", "--checks", "1", *arguments)

    def reconcile(self, *arguments: str) -> Ran:
        return self.run("reconcile", "--yes", *arguments)

    def status(self, *arguments: str) -> Mapping[str, Any]:
        """Return what `status` says. It looks again if a read was late, because other tests make some reads late."""
        found = self.run("status", *arguments).document
        for _ in range(2):
            if "(time-out after" in json.dumps(found):
                found = self.run("status", *arguments).document
        return found

    def page(self) -> RoutingConfig:
        """Return config.json as a page gets it from an edge location that has not cached it."""
        return parse_config(self.edge("/config.json").decode())

    def edge(self, path: str) -> bytes:
        """Return the file from the edge; the answer must have status 200."""
        answer = self.get(self.rehearsal.deployment.site.url + path)
        assert answer.status == 200, answer.status
        return answer.data

    def get(self, url: str) -> urllib3.BaseHTTPResponse:
        """Send a request to the site or an API; to the site, from an edge location that has not cached the page."""
        return Client(self.rehearsal.network).request("GET", url, cold=True, timeout=5)

    def s3(self, role: Role) -> "S3Client":
        """Return an S3 client that no fault affects."""
        return _s3(self.rehearsal.endpoint, self.rehearsal.deployment.regions[role].region)

    def bucket(self, role: Role) -> str:
        """Return an object of a frontend bucket; faults do not affect the read."""
        region = self.rehearsal.deployment.regions[role]
        answer = self.s3(role).get_object(Bucket=region.frontend_bucket, Key="config.json")
        return answer["Body"].read().decode()

    def generations(self) -> dict[Role, tuple[str, int | None]]:
        """Return the role and generation in each bucket's config.json."""
        found = {role: parse_config(self.bucket(role)) for role in ROLES}
        return {role: (config.role, config.generation) for role, config in found.items()}

    def generation(self) -> int:
        """Return the highest generation of both buckets."""
        return max(generation or 0 for _, generation in self.generations().values())

    def put_back(self) -> None:
        """Heal every fault and restore the primary region as the serving region, without any command."""
        if any(fault.kind == "knowledge-base-denied" for fault in self.rehearsal.faults.heal()):
            time.sleep(DEEP_CACHED_SECONDS)  # each instance of `health` answers with its last report until then
        manifest, now = read_manifest(connection(self.rehearsal.paths.directory)), datetime.now(tz=UTC)
        event = journal.new_event(
            generation=(self.generation() + 1) | 1,  # the next odd one, which is one of the primary region
            command="failback",
            actor="arn:aws:iam::000000000000:root (ada@laptop)",
            reason="",
            source="us-east-1",
            target="us-west-2",
            now=now,
        )
        config = config_for_role(manifest, "primary", generation=event.generation, updated_at=event.started_at)
        for role, region in manifest.regions.items():
            s3 = self.s3(role)
            for key in journal.list_objects(s3, region):
                s3.delete_object(Bucket=region.frontend_bucket, Key=key)
            write_copy(s3, read_copy(s3, region), render_config(config))
            journal.write_event(s3, region, journal.end_event(event, "done", now=now))


def clients_with(key: "AccessKeyTypeDef", rehearsal: Rehearsal) -> Clients:
    """Return clients that sign with this key."""
    region_proxies = rehearsal.network.region_proxies
    return Clients(
        lambda region: boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name=region),
        endpoints=region_proxies,
        elsewhere=region_proxies["us-east-1"],
    )
