"""A small deployment made by AWS's own API, without Terraform: what fronts and edge need, in a second."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import psutil
import urllib3
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.manifest import ROLES, Role
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.emulator.emulator import start_emulator
from standby.rehearsal.files.claim import take
from standby.rehearsal.files.json_files import write_json
from standby.rehearsal.network.network import Client
from standby.rehearsal.network.network_record import read_record
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.manifests import REGIONS, manifest_text
from tests.standby.rehearsal.distribution_helpers import Config, changed, distribution_config

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import DistributionConfigUnionTypeDef

ACCOUNT: Final = "000000000000"
PAGE_CACHE_CONTROL: Final = "max-age=1, stale-while-revalidate=600, stale-if-error=600"


class SmallRehearsal:
    """A rehearsal with two regions, a site and two APIs, on an emulator of its own."""

    def __init__(self, directory: Path) -> None:
        self.rehearsal = Rehearsal(project=directory, directory=directory / "rehearsal")
        take(self.rehearsal.paths)
        self.start()

    def start(self) -> None:
        """Start an emulator, an empty one, in place of any earlier one."""
        self.emulator = start_emulator(self.rehearsal.paths)
        self.sessions = {role: EmulatorSession(region=REGIONS[role], endpoint=self.emulator.endpoint) for role in ROLES}
        self.cloudfront: CloudFrontClient = self.sessions["primary"].client("cloudfront")
        self.s3 = {role: session.client("s3") for role, session in self.sessions.items()}
        self.distribution_id = ""

    def __enter__(self) -> Self:
        """Deploy it and connect the network."""
        try:
            self.deploy()
        except BaseException:
            self.rehearsal.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End it all."""
        self.rehearsal.down()

    @property
    def site(self) -> str:
        """The site's URL."""
        return self.rehearsal.deployment.site_url

    def get(self, path: str, *, cold: bool = True, timeout: float = 10) -> urllib3.BaseHTTPResponse:
        """Ask the site; by default as an edge that has never seen the page."""
        return self.client.request("GET", self.site + path, cold=cold, timeout=timeout)

    def bucket(self, role: Role) -> str:
        """Return the name of a region's frontend bucket."""
        return f"frontend-{REGIONS[role]}"

    def put(self, role: Role, key: str, body: bytes, **arguments: str | dict[str, str]) -> None:
        """Put an object into a region's frontend bucket, with more of PutObject's arguments."""
        wanted: Config = {"Bucket": self.bucket(role), "Key": key, "Body": body, **arguments}
        self.s3[role].put_object(**wanted)

    @contextmanager
    def distribution(
        self,
        *,
        response_seconds: float = 30.0,
        codes: Sequence[int] | None = None,
        attempts: int | None = None,
        more: Mapping[str, object] | None = None,
    ) -> Iterator[None]:
        """Serve with other status codes, attempts and S3 time-out, or `more` that differs, and put back what was."""
        answer = self.cloudfront.get_distribution_config(Id=self.distribution_id)
        before = answer["DistributionConfig"]
        self._update(changed(before, codes=codes, attempts=attempts, more=more or {}))
        try:
            replace(self.rehearsal.connecting, response_seconds=response_seconds).load_edge()
            yield
        finally:
            self._update(before)
            self.rehearsal.connecting.load_edge()

    def command(self, *arguments: str) -> Result:
        """Run `standby rehearse` on this rehearsal."""
        paths = self.rehearsal.paths
        where = ("--project", str(paths.project), "--directory", str(paths.directory))
        return CliRunner().invoke(cli, ["rehearse", *where, *arguments])

    def repair(self) -> None:
        """Put right what a test broke, where it broke something."""
        self.rehearsal.faults.heal()
        record = read_record(self.rehearsal.paths)
        processes = [identity.process() for identity in record.processes.values()]
        if not all(process and process.status() != psutil.STATUS_STOPPED for process in processes):
            self.rehearsal.connecting.connect()

    def process(self, name: str) -> psutil.Process:
        """Return one of the network's processes, such as `edge`."""
        found = read_record(self.rehearsal.paths).processes[name].process()
        assert found is not None
        return found

    def _update(self, config: "DistributionConfigUnionTypeDef") -> None:
        etag = self.cloudfront.get_distribution_config(Id=self.distribution_id)["ETag"]
        self.cloudfront.update_distribution(Id=self.distribution_id, IfMatch=etag, DistributionConfig=config)

    def deploy(self) -> None:
        """Make buckets, distribution and APIs, and connect the network."""
        for role in ROLES:
            region = REGIONS[role]
            for kind in ("frontend", "documents"):
                extra: Config = (
                    {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
                )
                self.s3[role].create_bucket(Bucket=f"{kind}-{region}", **extra)
        buckets = {role: self.bucket(role) for role in ROLES}
        created = self.cloudfront.create_distribution(DistributionConfig=distribution_config(self.cloudfront, buckets))[
            "Distribution"
        ]
        self.distribution_id = created["Id"]
        manifest = self._manifest(created["DomainName"])
        for role in ROLES:
            self.allow(role, created["ARN"])
            self.put(role, "index.html", f"<html>{role}</html>".encode(), CacheControl=PAGE_CACHE_CONTROL)
            config = {"apiUrl": manifest["regions"]["primary"]["apiUrl"], "bucket": role, "generation": 1}
            self.put(role, "config.json", json.dumps(config).encode(), CacheControl="no-store")
        outputs = {"manifest": json.dumps(manifest)}
        record = {"emulator": self.emulator.record(), "outputs": outputs, "digest": "", "resources": 1}
        write_json(self.rehearsal.paths.applied_record, record)
        self.rehearsal.connecting.connect()
        self.client = Client(self.rehearsal.network)

    def allow(self, role: Role, arn: str, *denied: Mapping[str, object]) -> None:
        """Let the distribution read a region's frontend bucket, but for what is denied."""
        bucket = f"arn:aws:s3:::{self.bucket(role)}"
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudfront.amazonaws.com"},
            "Action": "s3:GetObject",
            "Resource": f"{bucket}/*",
            "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
        }
        policy = {"Version": "2012-10-17", "Statement": [statement, *denied]}
        self.s3[role].put_bucket_policy(Bucket=self.bucket(role), Policy=json.dumps(policy))

    def _manifest(self, domain: str) -> Config:
        manifest: Config = json.loads(manifest_text(name="small", vector_store="x"))
        manifest["site"] |= {"url": f"https://{domain}", "distributionId": self.distribution_id}
        for role, region in REGIONS.items():
            url = f"https://{self._api(role)}.execute-api.{region}.amazonaws.com/prod/"
            manifest["regions"][role] |= {"apiUrl": url, "documentsBucket": f"documents-{region}"}
        return manifest

    def _api(self, role: Role) -> str:
        """Make a REST API whose GET /health answers 200 by itself."""
        api = self.sessions[role].client("apigateway")
        api_id = api.create_rest_api(name="small")["id"]
        root = api.get_resources(restApiId=api_id)["items"][0]["id"]
        resource = api.create_resource(restApiId=api_id, parentId=root, pathPart="health")["id"]
        where: Config = {"restApiId": api_id, "resourceId": resource, "httpMethod": "GET"}
        api.put_method(**where, authorizationType="NONE")
        api.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
        api.put_method_response(**where, statusCode="200")
        api.put_integration_response(
            **where, statusCode="200", responseTemplates={"application/json": json.dumps({"role": role})}
        )
        api.create_deployment(restApiId=api_id, stageName="prod")
        return api_id
