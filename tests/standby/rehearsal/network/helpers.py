"""A small deployment for the region proxies and the edge, created through AWS's own API without Terraform."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, cast

import psutil
import urllib3
from click.testing import CliRunner, Result

from standby.cli.main import cli
from standby.deployment.manifest import ROLES, Role
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.deployer import AppliedStack
from standby.rehearsal.emulator.emulator import start_emulator
from standby.rehearsal.files.json_files import write_record
from standby.rehearsal.files.lock import create_directory
from standby.rehearsal.network.network import Client, read_network_record
from standby.rehearsal.rehearsal import Rehearsal
from tests.standby.manifests import REGIONS, manifest_text

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import (
        DistributionConfigTypeDef,
        DistributionConfigUnionTypeDef,
        ResponseHeadersPolicyConfigTypeDef,
    )

CACHING_OPTIMIZED: Final = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CACHING_DISABLED: Final = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_CODES: Final = (403, 404, 500, 502, 503, 504)
CSP: Final = "default-src 'none'"
PAGE_CACHE_CONTROL: Final = "max-age=1, stale-while-revalidate=600, stale-if-error=600"

Config = dict[str, Any]


class SmallRehearsal:
    """A rehearsal with two regions, a site and two APIs, on an emulator of its own."""

    def __init__(self, directory: Path) -> None:
        self.rehearsal = Rehearsal(project=directory, directory=directory / "rehearsal")
        create_directory(self.rehearsal.paths)
        self.start()

    def start(self) -> None:
        """Start an empty emulator in place of the earlier one."""
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
        """Stop everything."""
        self.rehearsal.down()

    @property
    def site(self) -> str:
        """The site's URL."""
        return self.rehearsal.deployment.site.url

    def get(self, path: str, *, cold: bool = True, timeout: float = 10) -> urllib3.BaseHTTPResponse:
        """Read the site, by default through an edge location with an empty cache."""
        return self.client.request("GET", self.site + path, cold=cold, timeout=timeout)

    def bucket(self, role: Role) -> str:
        """Return the name of a region's frontend bucket."""
        return f"frontend-{REGIONS[role]}"

    def put(self, role: Role, key: str, body: bytes, **arguments: str | dict[str, str]) -> None:
        """Put an object into a region's frontend bucket, with further arguments of PutObject."""
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
        """Change failover codes, attempts, the S3 time-out or `more` of the distribution, and restore it at the end."""
        found = self.cloudfront.get_distribution_config(Id=self.distribution_id)
        before = found["DistributionConfig"]
        self._update(changed_config(before, codes=codes, attempts=attempts, more=more or {}))
        try:
            replace(self.rehearsal.network_controller, response_seconds=response_seconds).load_edge()
            yield
        finally:
            self._update(before)
            self.rehearsal.network_controller.load_edge()

    def command(self, *arguments: str) -> Result:
        """Run `standby rehearse` on this rehearsal."""
        paths = self.rehearsal.paths
        where = ("--project", str(paths.project), "--directory", str(paths.directory))
        return CliRunner().invoke(cli, ["rehearse", *where, *arguments])

    def repair(self) -> None:
        """Repair what a test broke."""
        self.rehearsal.faults.heal()
        record = read_network_record(self.rehearsal.paths)
        processes = [identity.process() for identity in record.processes.values()]
        if not all(process and process.status() != psutil.STATUS_STOPPED for process in processes):
            self.rehearsal.network_controller.connect()

    def process(self, name: str) -> psutil.Process:
        """Return one of the network's processes, such as `edge`."""
        found = read_network_record(self.rehearsal.paths).processes[name].process()
        assert found is not None
        return found

    def _update(self, config: "DistributionConfigUnionTypeDef") -> None:
        etag = self.cloudfront.get_distribution_config(Id=self.distribution_id)["ETag"]
        self.cloudfront.update_distribution(Id=self.distribution_id, IfMatch=etag, DistributionConfig=config)

    def deploy(self) -> None:
        """Create buckets, distribution and APIs, and connect the network."""
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
        record = AppliedStack(emulator=self.emulator, outputs=outputs, digest="", resources=1)
        write_record(self.rehearsal.paths.applied_record, record)
        self.rehearsal.network_controller.connect()
        self.client = Client(self.rehearsal.network)

    def allow(self, role: Role, arn: str, *denied: Mapping[str, object]) -> None:
        """Allow the distribution to read a region's frontend bucket, except for what is denied."""
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
        """Create a REST API whose GET /health returns 200."""
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


def distribution_config(client: "CloudFrontClient", buckets: Mapping[Role, str]) -> "DistributionConfigTypeDef":
    """Return the configuration of a distribution; create its origin access control and response headers policy."""
    access = client.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )["OriginAccessControl"]["Id"]
    headers = client.create_response_headers_policy(ResponseHeadersPolicyConfig=_headers_policy())
    headers_id = headers["ResponseHeadersPolicy"]["Id"]
    pages = _behavior("primary-first", CACHING_OPTIMIZED, headers_id)
    config = {"PathPattern": "/config.json", **_behavior("failover-first", CACHING_DISABLED, headers_id)}
    groups = [
        _group("primary-first", ("primary", "failover")),
        _group("failover-first", ("failover", "primary")),
    ]
    distribution: Config = {
        "CallerReference": "small",
        "Comment": "",
        "Enabled": True,
        "DefaultRootObject": "index.html",
        "Aliases": {"Quantity": 1, "Items": ["chat.example.com"]},
        "Origins": {"Quantity": 2, "Items": [_origin(role, buckets[role], access) for role in ROLES]},
        "OriginGroups": {"Quantity": 2, "Items": groups},
        "DefaultCacheBehavior": pages,
        "CacheBehaviors": {"Quantity": 1, "Items": [config]},
    }
    return cast("DistributionConfigTypeDef", distribution)


def changed_config(
    config: "DistributionConfigUnionTypeDef",
    *,
    codes: Sequence[int] | None,
    attempts: int | None,
    more: Mapping[str, object],
) -> "DistributionConfigTypeDef":
    """Return the configuration with other failover codes, connection attempts or `more`, if they are given."""
    wanted: Config = {**json.loads(json.dumps(config)), **more}
    for group in wanted["OriginGroups"]["Items"]:
        if codes is not None:
            group["FailoverCriteria"]["StatusCodes"] = {"Quantity": len(codes), "Items": list(codes)}
    for origin in wanted["Origins"]["Items"]:
        origin["ConnectionAttempts"] = attempts or origin["ConnectionAttempts"]
    return cast("DistributionConfigTypeDef", wanted)


def _origin(role: Role, bucket: str, access: str) -> Config:
    return {
        "Id": role,
        "DomainName": f"{bucket}.s3.{REGIONS[role]}.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": ""},
        "OriginAccessControlId": access,
        "ConnectionAttempts": 1,
        "ConnectionTimeout": 1,
    }


def _group(id_: str, members: tuple[str, str]) -> Config:
    return {
        "Id": id_,
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(ALL_CODES), "Items": list(ALL_CODES)}},
        "Members": {"Quantity": 2, "Items": [{"OriginId": member} for member in members]},
    }


def _behavior(target: str, cache_policy: str, headers_policy: str) -> Config:
    methods = ["GET", "HEAD", "OPTIONS"]
    return {
        "TargetOriginId": target,
        "ViewerProtocolPolicy": "redirect-to-https",
        "AllowedMethods": {"Quantity": 3, "Items": methods, "CachedMethods": {"Quantity": 3, "Items": methods}},
        "CachePolicyId": cache_policy,
        "ResponseHeadersPolicyId": headers_policy,
        "Compress": True,
    }


def _headers_policy() -> "ResponseHeadersPolicyConfigTypeDef":
    policy: Config = {
        "Name": "site",
        "SecurityHeadersConfig": {"ContentSecurityPolicy": {"ContentSecurityPolicy": CSP, "Override": True}},
        "CustomHeadersConfig": {
            "Quantity": 1,
            "Items": [{"Header": "X-Amz-Meta-Served", "Value": "by the edge", "Override": False}],
        },
    }
    return cast("ResponseHeadersPolicyConfigTypeDef", policy)
